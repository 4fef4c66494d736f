# shellcheck shell=bash disable=SC2154,SC2016 # Sourced by scripts/test-packages.sh.
# The image: loaded and run by podman, without rights, its data kept for the next container.

export STORAGE_DRIVER=vfs
pod() { podman --root "$work/podman" --runroot "$work/podman-run" --runtime runc --cgroup-manager cgroupfs --events-backend none "$@"; }

# As little as possible: no rights, nothing to write to but the volume. Ports are of the host: a free one by environment.
run_portal() {
    pod run -d --name "$1" --network host --read-only --cap-drop all --security-opt no-new-privileges --ulimit nofile=4096:8192 \
        --ulimit nproc=4096:4096 -e EPORTAL_LISTEN=http://127.0.0.1:18080 -v eportal-data:/var/lib/eportal/data kernelcare/eportal
}

image_answers() {
    local tries
    for tries in $(seq 150); do
        ! curl -fsS -o /dev/null http://127.0.0.1:18080/readyz || return 0
        sleep 0.2
    done
    return "$tries"
}

image_health() { [ "$(pod inspect --format '{{.Config.Healthcheck.Test}}' one)" = '[CMD /usr/bin/kc.eportal check --url http://127.0.0.1:8080]' ]; }

check 'podman loads the image' pod load -i "$dist/eportal-$version-image.tar"
check 'its user is not root' test "$(pod image inspect --format '{{.Config.User}}' kernelcare/eportal)" = 10001:10001
check 'a container starts' run_portal one
check 'the portal answers' image_answers
check 'the image has a health check' image_health
check 'the health check says so' pod exec one /usr/bin/kc.eportal check --url http://127.0.0.1:18080
check 'a key is added inside' pod exec one /usr/bin/kc.eportal key add mine
check 'it stops' pod stop -t 10 one
check 'it is deleted' pod rm one
check 'another container over the same volume' run_portal two
check 'it answers' image_answers
check 'data was kept' bash -c "$(declare -f pod); work=$work; pod exec two /usr/bin/kc.eportal key | grep mine"
pod logs two >> "$log" 2>&1 || true
pod rm -f -t 10 two > /dev/null 2>&1 || true
pod system reset -f > /dev/null 2>&1 || true
