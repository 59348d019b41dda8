# Linnet's `network.Coap` as a user C module of MicroPython: USER_C_MODULES is the folder above this one.
# docs/micropython.md says how it is used.
LINNET_DIR := $(abspath $(USERMOD_DIR)/../..)

# Not by $(USERMOD_DIR): its objects would be in a folder $(BUILD)/micropython, which is the name of the program.
SRC_USERMOD_C += $(sort $(wildcard $(LINNET_DIR)/./bindings/micropython/*.c))

# liblinnet itself, from its own sources.
LINNET_LAYERS := wire engine server client net module
LINNET_SOURCES := $(wildcard $(addprefix $(LINNET_DIR)/src/,$(addsuffix /*.c,$(LINNET_LAYERS))))
LINNET_SOURCES += $(LINNET_DIR)/src/security/absent.c # no DTLS: it would need GnuTLS and nettle in the firmware

# LINNET_POSIX_NET=1: each file of ports/posix/net stands in for that of the same name in src/net, as on ESP32;
# LINNET_SMALL=1: and those of ports/small for both, as its settings do.
linnet_stand_in = $(filter-out $(addprefix %/net/,$(notdir $(wildcard $(1)/net/*.c))),$(LINNET_SOURCES)) $(wildcard $(1)/net/*.c)
LINNET_CFLAGS := -std=gnu11 -I$(LINNET_DIR)/src -D_GNU_SOURCE=
ifeq ($(LINNET_POSIX_NET),1)
LINNET_SOURCES := $(call linnet_stand_in,$(LINNET_DIR)/ports/posix)
LINNET_CFLAGS := -std=c11 -I$(LINNET_DIR)/ports/posix -I$(LINNET_DIR)/src -D_DEFAULT_SOURCE
ifeq ($(LINNET_SMALL),1)
LINNET_SOURCES := $(call linnet_stand_in,$(LINNET_DIR)/ports/small)
LINNET_CFLAGS := -I$(LINNET_DIR)/ports/small $(LINNET_CFLAGS)
endif
endif
SRC_USERMOD_LIB_C += $(sort $(LINNET_SOURCES))

CFLAGS_USERMOD += -I$(LINNET_DIR)/include
$(BUILD)/$(LINNET_DIR)/src/%.o $(BUILD)/$(LINNET_DIR)/ports/%.o: CFLAGS += $(LINNET_CFLAGS)
LDFLAGS_USERMOD += -lpthread
