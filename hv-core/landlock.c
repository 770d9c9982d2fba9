// The entries of a confined root once more, as rules of Landlock: what the mounts let through by mistake, or an inherited directory leads to, is refused too.
#include "confine.h"
#include "linux_calls.h"

#include <errno.h>
#include <linux/landlock.h>
#include <sys/stat.h>

#define READS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
/** What a rule for anything but a directory may hold. */
#define OF_FILES \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_IOCTL_DEV)
/** Nodes of devices are never made. */
#define WRITES \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
        LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | \
        LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER)

int landlock_version(void) {
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version < 0 ? 0 : (int)version;
}

/** All rights that this version knows are handled, and so refused where no rule gives them. @source Linux Documentation/userspace-api/landlock.rst */
static struct landlock_ruleset_attr handled(int version) {
    uint64_t files = LANDLOCK_ACCESS_FS_REFER - 1; // the rights of the first version are those below it
    if (version >= 2)
        files |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3)
        files |= LANDLOCK_ACCESS_FS_TRUNCATE;
    if (version >= 5)
        files |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
    return (struct landlock_ruleset_attr){
        .handled_access_fs = files,
        .handled_access_net = version >= 4 ? LANDLOCK_ACCESS_NET_BIND_TCP | LANDLOCK_ACCESS_NET_CONNECT_TCP : 0,
        .scoped = version >= 6 ? LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPE_SIGNAL : 0,
    };
}

static uint64_t rights_of(const struct root_entry *e) {
    switch (e->kind) {
    case ROOT_BIND:
        return READS | (e->read_only ? 0 : WRITES) | (e->allow_exec ? LANDLOCK_ACCESS_FS_EXECUTE : 0) |
               (e->allow_devices ? LANDLOCK_ACCESS_FS_IOCTL_DEV : 0);
    case ROOT_TMPFS:
        return READS | WRITES;
    case ROOT_PROC:
        return READS | LANDLOCK_ACCESS_FS_WRITE_FILE;
    case ROOT_DIRECTORY:
        return LANDLOCK_ACCESS_FS_READ_DIR;
    case ROOT_SYMLINK:
        break; // what it leads to counts
    }
    return 0;
}

static int add_rule(int ruleset, const struct root_entry *e, uint64_t known, struct step_failure *failure) {
    uint64_t rights = rights_of(e) & known;
    if (rights == 0)
        return 0;
    int place = open(e->target, O_PATH | O_CLOEXEC);
    if (place < 0)
        return step_failed(failure, 0, "openat", e->target);
    struct stat what;
    int result = fstat(place, &what);
    struct landlock_path_beneath_attr rule = {.parent_fd = place, .allowed_access = result == 0 && S_ISDIR(what.st_mode) ? rights : rights & OF_FILES};
    if (result == 0)
        result = (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    if (result < 0)
        step_failed(failure, 0, "landlock_add_rule", e->target);
    close(place);
    return result;
}

int landlock_prepare(const struct root_entry *entries, size_t count, int *ruleset, struct step_failure *failure) {
    int version = landlock_version();
    *ruleset = -1;
    if (version == 0)
        return 0;
    struct landlock_ruleset_attr attributes = handled(version);
    *ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
    if (*ruleset < 0)
        return step_failed(failure, 0, "landlock_create_ruleset", NULL);
    for (size_t i = 0; i < count; i++) {
        if (add_rule(*ruleset, &entries[i], attributes.handled_access_fs, failure) < 0) {
            close(*ruleset);
            *ruleset = -1;
            return -1;
        }
    }
    return 0;
}

int landlock_enter(int ruleset, struct step_failure *failure) {
    if (ruleset < 0)
        return 0;
    int result = (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
    if (result < 0)
        step_failed(failure, 0, "landlock_restrict_self", NULL);
    close(ruleset);
    return result;
}
