#include "stack.h"

#include <lwip/inet.h>
#include <lwip/ip4_frag.h>
#include <lwip/netif.h>
#include <lwip/tcpip.h>
#include <netif/tapif.h>
#include <semaphore.h>
#include <string.h>

static struct netif loopback, tap;

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

bool stack_add_tap(const char *text)
{
    ip4_addr_t address, mask, gateway;
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&gateway, 0, 0, 0, 0);
    if (!ip4addr_aton(text, &address))
        return false;
    LOCK_TCPIP_CORE();
    bool added = netif_add(&tap, &address, &mask, &gateway, NULL, tapif_init, tcpip_input) != NULL;
    if (added) {
        netif_create_ip6_linklocal_address(&tap, 1);
        tap.ip6_autoconfig_enabled = 0;
        tap.flags |= NETIF_FLAG_IGMP | NETIF_FLAG_MLD6;
        netif_set_default(&tap);
        netif_set_link_up(&tap);
        netif_set_up(&tap);
    }
    UNLOCK_TCPIP_CORE();
    return added;
}
