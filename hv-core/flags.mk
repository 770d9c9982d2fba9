# How our C is compiled, whoever compiles it: the one list of warnings and of hardening. Included by the other recipes; makes nothing.

WARNINGS := -std=c11 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wformat=2 -Wstrict-prototypes -Wvla
# Set by our own builds only: another compiler's new warning must not keep anyone from building a release.
WERROR ?=

# VARIANT=release is what is shipped, VARIANT=asan is for tests. Distributions preset FORTIFY_SOURCE: so it is taken away before it is set.
VARIANT ?= release
VARIANT_release := -O2 -g -fPIE -fstack-protector-strong -fstack-clash-protection -fcf-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 \
	-pie -Wl,-z,relro,-z,now,-z,noexecstack
VARIANT_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# CFLAGS and LDFLAGS are the caller's and come last but for the libraries.
COMPILE = $(CC) $(WARNINGS) $(WERROR) $(VARIANT_$(VARIANT)) $(CFLAGS)
