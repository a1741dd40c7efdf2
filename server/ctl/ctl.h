/* SPDX-License-Identifier: ISC */
/*
 * What the commands of ternctl share. Private to this folder.
 */
#ifndef SERVER_CTL_CTL_H
#define SERVER_CTL_CTL_H

struct ctl {
	const char *conf_path;
	const char *users_path; /* -f, or NULL: as ftpd.conf says */
	const char *host; /* -H: whose accounts, or NULL: the server's */
	const char *socket_path; /* -s, or NULL: as ftpd.conf says */
};

/* argv[0] is the last word of the command. Returns the exit status; -1 asks for
 * the usage. */
typedef int ctl_command(struct ctl *, int argc, char **argv);

ctl_command ctl_user_add, ctl_user_passwd, ctl_user_totp, ctl_user_set,
    ctl_user_show, ctl_user_disable, ctl_user_enable, ctl_user_del,
    ctl_user_list, ctl_group_add, ctl_group_set, ctl_group_show, ctl_group_del,
    ctl_group_list, ctl_host_add, ctl_host_set, ctl_host_show, ctl_host_del,
    ctl_host_list, ctl_check, ctl_fingerprint;
/* The running server. */
ctl_command ctl_reload, ctl_stop, ctl_drain, ctl_kick, ctl_who, ctl_bans,
    ctl_ban, ctl_unban, ctl_stats, ctl_limit, ctl_watch, ctl_metrics;

#endif
