/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A server that takes what memprof pushes: taker STATUS FOLDER. Says its port, then takes one
 * request after the other: the first line goes into FOLDER/N.line, the body into FOLDER/N.body;
 * each is answered with STATUS. Also a client: taker get PORT PATH prints an answer's body.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char request[1 << 20];

static void save(const char *folder, int n, const char *what, const char *data, size_t len)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%d.%s", folder, n, what);
	f = fopen(path, "w");
	if (!f)
		exit(2);
	fwrite(data, 1, len, f);
	fclose(f);
}

static void take(int fd, const char *status, const char *folder, int n)
{
	size_t have = 0, want = sizeof(request) - 1;
	char *body = NULL, *length;

	while (have < want) {
		ssize_t got = read(fd, request + have, want - have);

		if (got <= 0)
			break;
		have += (size_t)got;
		request[have] = '\0';
		body = strstr(request, "\r\n\r\n");
		length = strstr(request, "Content-Length: ");
		if (body && length)
			want = (size_t)(body + 4 - request) + strtoul(length + 16, NULL, 10);
	}
	dprintf(fd, "HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n", status);
	if (!body)
		exit(2);
	save(folder, n, "body", body + 4, have - (size_t)(body + 4 - request));
	save(folder, n, "line", request, strcspn(request, "\r"));
}

static int get(int port, const char *path)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((unsigned short)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), in_body = 0;
	size_t have = 0;
	ssize_t n;

	if (connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return 1;
	dprintf(fd, "GET %s HTTP/1.0\r\n\r\n", path);
	while (have < sizeof(request) - 1 &&
	       (n = read(fd, request + have, sizeof(request) - 1 - have)) > 0)
		have += (size_t)n;
	for (size_t i = 0; i + 4 <= have && !in_body; i++)
		if (!memcmp(request + i, "\r\n\r\n", 4)) {
			fwrite(request + i + 4, 1, have - i - 4, stdout);
			in_body = 1;
		}
	return !in_body || !strstr(request, " 200 ");
}

int main(int argc, char *argv[])
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	int fd;

	if (argc == 4 && !strcmp(argv[1], "get"))
		return get(atoi(argv[2]), argv[3]);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (argc != 3 || bind(fd, (struct sockaddr *)&at, len) || listen(fd, 16) ||
	    getsockname(fd, (struct sockaddr *)&at, &len))
		return 2;
	printf("%d\n", ntohs(at.sin_port));
	fflush(stdout);
	for (int n = 1;; n++) {
		int client = accept(fd, NULL, NULL);

		if (client < 0)
			return 2;
		take(client, argv[1], argv[2], n);
		close(client);
	}
}
