# Linnet's `network.Coap` as a user C module of MicroPython: USER_C_MODULES is the folder above this one.
# docs/micropython.md says how it is used.
LINNET_DIR := $(abspath $(USERMOD_DIR)/../..)

# Not by $(USERMOD_DIR): its objects would be in a folder $(BUILD)/micropython, which is the name of the program.
SRC_USERMOD_C += $(sort $(wildcard $(LINNET_DIR)/./bindings/micropython/*.c))

# liblinnet itself, from its own sources.
LINNET_LAYERS := wire engine server client net module
SRC_USERMOD_LIB_C += $(sort $(wildcard $(addprefix $(LINNET_DIR)/src/,$(addsuffix /*.c,$(LINNET_LAYERS)))))
SRC_USERMOD_LIB_C += $(LINNET_DIR)/src/security/absent.c # no DTLS: it would need GnuTLS and nettle in the firmware

CFLAGS_USERMOD += -I$(LINNET_DIR)/include
$(BUILD)/$(LINNET_DIR)/src/%.o: CFLAGS += -std=gnu11 -I$(LINNET_DIR)/src -D_GNU_SOURCE=
LDFLAGS_USERMOD += -lpthread
