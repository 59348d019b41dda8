#include "stack.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/inet.h>
#include <lwip/netif.h>
#include <lwip/tcpip.h>
#include <net/if.h>
#include <netif/ethernet.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { FRAME = 1600 };

static struct netif loopback, tap;
static int tap_device;

static void started(void *context) { sem_post(context); }

/* What is for its own addresses never gets here: the interface gives it back itself. */
static err_t drop_v4(struct netif *netif, struct pbuf *packet, const ip4_addr_t *to)
{
    (void)netif, (void)packet, (void)to;
    return ERR_OK;
}

static err_t drop_v6(struct netif *netif, struct pbuf *packet, const ip6_addr_t *to)
{
    (void)netif, (void)packet, (void)to;
    return ERR_OK;
}

static err_t init_loopback(struct netif *netif)
{
    memcpy(netif->name, "lo", 2);
    netif->output = drop_v4;
    netif->output_ip6 = drop_v6;
    netif->mtu = 1500;
    netif->flags |= NETIF_FLAG_IGMP | NETIF_FLAG_MLD6;
    return ERR_OK;
}

static void add_loopback(void)
{
    ip4_addr_t address, mask, gateway;
    IP4_ADDR(&address, 127, 0, 0, 1);
    IP4_ADDR(&mask, 255, 0, 0, 0);
    IP4_ADDR(&gateway, 0, 0, 0, 0);
    netif_add(&loopback, &address, &mask, &gateway, NULL, init_loopback, tcpip_input);
    IP_ADDR6_HOST(loopback.ip6_addr, 0, 0, 0, 1);
    netif_ip6_addr_set_state(&loopback, 0, IP6_ADDR_VALID);
    netif_set_link_up(&loopback);
    netif_set_up(&loopback);
}

void stack_start(void)
{
    sem_t ready;
    sem_init(&ready, 0, 0);
    tcpip_init(started, &ready);
    while (sem_wait(&ready) != 0)
        continue;
    sem_destroy(&ready);
    LOCK_TCPIP_CORE();
    add_loopback();
    UNLOCK_TCPIP_CORE();
}

/* lwIP's own interface for such a device takes frames into buffers that are too small in Debian's build. */
static int open_tap(const char *name)
{
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
    int device = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
    return device >= 0 && ioctl(device, TUNSETIFF, &request) == 0 ? device : -1;
}

static err_t send_frame(struct netif *netif, struct pbuf *frame)
{
    int device = *(const int *)netif->state;
    uint8_t octets[FRAME];
    uint16_t size = pbuf_copy_partial(frame, octets, sizeof octets, 0);
    return write(device, octets, size) == size ? ERR_OK : ERR_IF;
}

static void *receive_frames(void *context)
{
    struct netif *netif = context;
    uint8_t octets[FRAME];
    ssize_t size;
    while ((size = read(*(const int *)netif->state, octets, sizeof octets)) > 0) {
        struct pbuf *frame = pbuf_alloc(PBUF_RAW, (uint16_t)size, PBUF_RAM);
        if (frame && (pbuf_take(frame, octets, (uint16_t)size) != ERR_OK || netif->input(frame, netif) != ERR_OK))
            pbuf_free(frame);
    }
    return NULL;
}

static err_t init_tap(struct netif *netif)
{
    static const uint8_t address[] = {0x02, 0x12, 0x34, 0x56, 0x78, 0xab};
    memcpy(netif->name, "tp", 2);
    memcpy(netif->hwaddr, address, sizeof address);
    netif->hwaddr_len = sizeof address;
    netif->output = etharp_output;
    netif->output_ip6 = ethip6_output;
    netif->linkoutput = send_frame;
    netif->mtu = 1500;
    netif->flags |= NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_IGMP | NETIF_FLAG_MLD6;
    return ERR_OK;
}

static void set_up(const ip4_addr_t *address)
{
    ip4_addr_t mask, gateway;
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&gateway, 0, 0, 0, 0);
    netif_add(&tap, address, &mask, &gateway, &tap_device, init_tap, tcpip_input);
    netif_create_ip6_linklocal_address(&tap, 1);
    netif_set_default(&tap);
    netif_set_link_up(&tap);
    netif_set_up(&tap);
}

bool stack_add_tap(const char *name, const char *text)
{
    ip4_addr_t address;
    pthread_t thread;
    tap_device = open_tap(name);
    if (tap_device < 0 || !ip4addr_aton(text, &address))
        return false;
    LOCK_TCPIP_CORE();
    set_up(&address);
    UNLOCK_TCPIP_CORE();
    return pthread_create(&thread, NULL, receive_frames, &tap) == 0;
}
