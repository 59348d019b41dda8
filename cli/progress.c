/* Draws the bar of a transfer. There is one transfer at a time, so its state is the file's. */
#include "cli/progress.h"

#include "cli/terminal.h"

#include <linnet/loop.h>
#include <sys/ioctl.h>

#define QUIET_US 1000000u /* what is faster needs no bar */
#define REDRAW_US 100000u
#define BAR_MOST 40

static struct {
    bool wanted, visible;
    uint64_t started, drawn;
    const char *what;
    uint64_t first; /* where this direction began: a resumed download does not start at 0 */
} bar;

bool progress_begin(bool wanted)
{
    bar.wanted = wanted && terminal_is(stderr);
    bar.visible = false;
    bar.what = NULL;
    return bar.wanted;
}

void progress_hide(void)
{
    if (bar.visible)
        fputs("\r\033[K", stderr);
    bar.visible = false;
}

void progress_end(void)
{
    progress_hide();
    bar.wanted = false;
}

/* "812 B", "1.4 kB", "100 MB". */
static const char *size_text(double octets, char text[16])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    unsigned unit = 0;
    for (; octets >= 999.5 && unit < 4; unit++)
        octets /= 1000;
    snprintf(text, 16, octets < 9.95 && unit ? "%.1f %s" : "%.0f %s", octets, units[unit]);
    return text;
}

static int columns(void)
{
    struct winsize size;
    return ioctl(2, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

static void draw_bar(double share, int width)
{
    if (width > BAR_MOST)
        width = BAR_MOST;
    if (width < 5)
        return;
    int full = (int)(share * width);
    fputs(" [", stderr);
    for (int i = 0; i < width; i++)
        fputc(i < full ? '#' : '.', stderr);
    fputc(']', stderr);
}

static void draw_rest(double share, double seconds_left, int width)
{
    unsigned long left = (unsigned long)(seconds_left + 0.5);
    fprintf(stderr, " %3d %%", (int)(share * 100));
    draw_bar(share, width);
    if (left < 3600)
        fprintf(stderr, " %lu:%02lu left", left / 60, left % 60);
    else
        fprintf(stderr, " %lu h %lu min left", left / 3600, left / 60 % 60);
}

static void draw(uint64_t done, uint64_t total, double seconds)
{
    char done_text[16], rate_text[16], total_text[16];
    double rate = (double)(done - bar.first) / seconds;
    int width = columns();
    progress_hide();
    bool known = total && total >= done;
    int used = fprintf(stderr, "%s %s%s%s, %s/s", bar.what, size_text((double)done, done_text), known ? " of " : "",
                       known ? size_text((double)total, total_text) : "", size_text(rate, rate_text));
    if (known)
        draw_rest((double)done / (double)total, rate > 0 ? (double)(total - done) / rate : 0, width - used - 28);
    fflush(stderr);
    bar.visible = true;
}

void progress_show(const char *what, uint64_t done, uint64_t total)
{
    uint64_t now = linnet_clock();
    if (!bar.wanted)
        return;
    if (what != bar.what || done < bar.first) { /* the other direction, or from the start again */
        bar.what = what;
        bar.first = done;
        bar.started = bar.drawn = now;
    }
    if (now - bar.started < QUIET_US || now - bar.drawn < REDRAW_US)
        return;
    bar.drawn = now;
    draw(done, total, (double)(now - bar.started) / 1e6);
}
