# Linnet's `network.Coap` as a user C module of MicroPython: USER_C_MODULES is the folder above this one.
# docs/micropython.md says how it is used.
LINNET_DIR := $(abspath $(USERMOD_DIR)/../..)

# Not by $(USERMOD_DIR): its objects would be in a folder $(BUILD)/micropython, which is the name of the program.
SRC_USERMOD_C += $(sort $(wildcard $(LINNET_DIR)/./bindings/micropython/*.c))

# liblinnet itself, from its own sources.
LINNET_LAYERS := wire engine server client net module
LINNET_SOURCES := $(wildcard $(addprefix $(LINNET_DIR)/src/,$(addsuffix /*.c,$(LINNET_LAYERS))))
LINNET_SOURCES += $(LINNET_DIR)/src/security/absent.c # no DTLS: it would need GnuTLS and nettle in the firmware

# LINNET_POSIX_NET=1: each file of ports/posix/net stands in for that of the same name in src/net, as on ESP32.
ifeq ($(LINNET_POSIX_NET),1)
LINNET_PORT := $(wildcard $(LINNET_DIR)/ports/posix/net/*.c)
LINNET_SOURCES := $(filter-out $(addprefix $(LINNET_DIR)/src/net/,$(notdir $(LINNET_PORT))),$(LINNET_SOURCES)) $(LINNET_PORT)
LINNET_CFLAGS := -std=c11 -I$(LINNET_DIR)/ports/posix -I$(LINNET_DIR)/src -D_DEFAULT_SOURCE
else
LINNET_CFLAGS := -std=gnu11 -I$(LINNET_DIR)/src -D_GNU_SOURCE=
endif
SRC_USERMOD_LIB_C += $(sort $(LINNET_SOURCES))

CFLAGS_USERMOD += -I$(LINNET_DIR)/include
$(BUILD)/$(LINNET_DIR)/src/%.o $(BUILD)/$(LINNET_DIR)/ports/%.o: CFLAGS += $(LINNET_CFLAGS)
LDFLAGS_USERMOD += -lpthread
