#include <linnet.h>
#include <stdio.h>

int main(void)
{
    linnet_response response;
    if (linnet_get("coap://localhost/time", &response) == 0)
        printf("%.*s\n", LINNET_PRINTF(response.message.payload));
    linnet_response_clear(&response);
}
