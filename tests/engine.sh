#!/bin/sh
# What the tests of images and of trials need: `sh tests/engine.sh start` installs Debian's packages where that can be
# done and starts a Docker engine where none answers; `stop` ends the one that was started, and removes what it kept. Where something
# can't be had, this says so, and the tests that need it are skipped.
set -u
state="$(dirname "$0")/.engine"

packages() {
    for pair in dockerd:docker.io iptables:iptables debootstrap:debootstrap docker-registry:docker-registry \
        skopeo:skopeo htpasswd:apache2-utils openssl:openssl bwrap:bubblewrap; do
        PATH="$PATH:/usr/sbin:/sbin" command -v "${pair%%:*}" >/dev/null 2>&1 || printf '%s ' "${pair##*:}"
    done
}

start() {
    missing="$(packages)"
    if [ -n "$missing" ]; then
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
            # shellcheck disable=SC2086
            { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $missing; } \
                >/dev/null 2>&1 || echo "NOT TESTED: not all of $missing could be installed"
        else
            echo "NOT TESTED: $missing is not installed"
        fi
    fi
    docker version >/dev/null 2>&1 && return
    [ "$(id -u)" = 0 ] && command -v dockerd >/dev/null 2>&1 || { echo "NOT TESTED: no Docker engine here"; return; }
    mkdir -p "$state"
    data="$(mktemp -d)"
    echo "$data" >"$state/data"
    dockerd --data-root "$data/images" --exec-root "$data/run" --pidfile "$data/pid" >"$data/log" 2>&1 &
    for _ in $(seq 60); do
        docker version >/dev/null 2>&1 && return
        sleep 0.5
    done
    echo "NOT TESTED: the Docker engine didn't start:"
    tail -n 3 "$data/log"
}

stop() {
    [ -f "$state/data" ] || return
    data="$(cat "$state/data")"
    if [ -f "$data/pid" ]; then
        kill "$(cat "$data/pid")" 2>/dev/null
        for _ in $(seq 40); do
            [ -f "$data/pid" ] || break
            sleep 0.5
        done
    fi
    rm -rf "$data" "$state"
}

"$1"
