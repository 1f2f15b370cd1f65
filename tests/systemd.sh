#!/usr/bin/env bash
# The units of examples/systemd under a real systemd, which is started in namespaces of its own: tests/systemd.sh BINARY
# Needs root, unshare, nsenter, jq and systemd; says so where something is missing. Everything but folders in memory is read-only for it:
# a systemd that boots empties /tmp, for example.
set -euo pipefail
cd "$(dirname "$0")/.."
systemd=$(ls /lib/systemd/systemd /usr/lib/systemd/systemd 2>/dev/null | head -n 1 || true)
for needed in unshare nsenter systemctl jq flock; do command -v $needed >/dev/null || systemd=; done
if [ -z "$systemd" ] || [ "$(id -u)" != 0 ]; then echo "skipped: the units need root, systemd, unshare and jq"; exit 0; fi

folder=$(mktemp -d)
cp "$1" "$folder/lstm-forecast"
cp examples/nightly.sh "$folder"
cp -r examples/systemd "$folder/units"
chmod 755 "$folder"/lstm-forecast "$folder/nightly.sh"
{ cat /etc/passwd; echo 'forecast:x:991:991::/nonexistent:/usr/sbin/nologin'; } >"$folder/passwd"
{ cat /etc/group; echo 'forecast:x:991:'; } >"$folder/group"
printf '[Unit]\nDescription=the units of the examples\nDefaultDependencies=no\n' >"$folder/units/examples.target"

# A hundred days of hours that end now.
awk -v now="$(date +%s)" 'BEGIN {
  srand(1); print "city,date,PM2.5"
  for (c = 0; c < 2; c++) for (h = 2400; h > 0; h--) {
    level = 0.9 * level + rand() - 0.5; at = int(now / 3600 - h) * 3600
    printf "%s,%s,%.2f\n", c ? "b" : "a", strftime("%Y-%m-%dT%H:%M:%S", at, 1), 50 + 9 * sin(at / 86400 * 6.2832) + 3 * level
  }
}' >"$folder/readings.csv" 2>/dev/null || python3 - >"$folder/readings.csv" <<'PY'
import datetime, math, random
draw, now, level = random.Random(1), datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None, minute=0, second=0, microsecond=0), 0.0
print("city,date,PM2.5")
for city in "ab":
    for hours in range(2400, 0, -1):
        at, level = now - datetime.timedelta(hours=hours), 0.9 * level + draw.random() - 0.5
        print(f"{city},{at.isoformat()},{50 + 9 * math.sin(at.hour / 24 * math.tau) + 3 * level:.2f}")
PY

# A group of its own for it, in both versions of cgroups.
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then group=/sys/fs/cgroup/examples.$$; else group=/sys/fs/cgroup/systemd/examples.$$; fi
mkdir -p "$group" 2>/dev/null || { echo "skipped: no group of processes can be made"; rm -rf "$folder"; exit 0; }
cat >"$folder/boot" <<'BOOT'
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt && cp -r "$1/." /mnt/
mount --bind /mnt/passwd /etc/passwd && mount --bind /mnt/group /etc/group
for place in /usr/local/bin /var /tmp /home /root /run; do mount -t tmpfs -o mode=755 tmpfs $place; done
cp /mnt/lstm-forecast /mnt/nightly.sh /usr/local/bin/
# What the machine itself would start stays away.
for wants in /lib/systemd/system/*.target.wants /etc/systemd/system/*.wants; do
  if [ -d "$wants" ]; then mount -t tmpfs tmpfs "$wants"; fi
done
mkdir -p /run/lock /run/systemd/system /var/lib/lstm-forecast /var/tmp
cp /mnt/units/* /run/systemd/system/
cp /mnt/readings.csv /var/lib/lstm-forecast/
chown -R 991:991 /var/lib/lstm-forecast
mount -t proc proc /proc
mount -o remount,ro,bind /
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  umount -l /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup
else
  umount -l /sys/fs/cgroup && mount -t tmpfs tmpfs /sys/fs/cgroup
  mkdir /sys/fs/cgroup/systemd && mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
fi
export container=other
exec "$2" --system --unit=examples.target --log-target=null --show-status=0
BOOT
bash -c 'echo $$ >"$0/cgroup.procs"; exec unshare --fork --pid --mount --cgroup --uts --ipc bash "$1/boot" "$1" "$2"' "$group" "$folder" "$systemd" 2>/dev/null &
outside=$!
inside=
finish() {
  [ -z "$inside" ] || kill -9 "$inside" 2>/dev/null || true
  wait "$outside" 2>/dev/null || true
  sleep 0.2
  find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT
for _ in $(seq 100); do
  inside=$(cat "/proc/$outside/task/$outside/children" 2>/dev/null | tr -d ' ' || true)
  [ -n "$inside" ] && nsenter -t "$inside" -p -m -i -u -C systemctl is-system-running 2>/dev/null | grep -q running && break
  sleep 0.2
done
within() { nsenter -t "$inside" -p -m -i -u -C "$@"; }
within systemctl is-system-running >/dev/null 2>&1 || { echo "skipped: systemd does not start in namespaces here"; exit 0; }
is() { [ "$2" = "$3" ] || { echo "$1: $2, and $3 was expected" >&2; exit 1; }; }
result() { within systemctl show "lstm-forecast-$1" -p Result -p ExecMainStatus --value | paste -sd ' '; }
# Small trainings, long ones.
settings() { within sh -c 'mkdir -p /run/systemd/system/lstm-forecast-nightly.service.d && printf "[Service]\nEnvironment=%s\n" "$1" >/run/systemd/system/lstm-forecast-nightly.service.d/test.conf && systemctl daemon-reload' sh "$1"; }
state=/var/lib/lstm-forecast

# Timers also keep the units known, and what became of them.
within systemctl start lstm-forecast-nightly.timer lstm-forecast-hourly.timer
is "timers" "$(within systemctl list-timers --no-legend 'lstm-forecast-*' | wc -l)" 2

settings 'LSTM_FORECAST_ENSEMBLE=1 LSTM_FORECAST_MAX_STEPS=20 LSTM_FORECAST_INPUT_WINDOW=48 LSTM_FORECAST_HIDDEN_SIZE=8'
within systemctl start lstm-forecast-nightly.service || { within sh -c "ls -la $state" >&2; exit 1; }
is "the night" "$(result nightly)" "success 0"
within test -s $state/model.safetensors -a -s $state/forecast.csv

within systemctl start lstm-forecast-hourly.service
is "the hour" "$(result hourly)" "success 0"
is "its columns" "$(within head -n 1 $state/forecast.csv)" "city,date,model,origin,step,PM2.5"

# A table that has stopped growing is a failure, and tells so.
within sh -c "head -n 2000 $state/readings.csv >/run/old && cp $state/readings.csv /run/new && cp /run/old $state/readings.csv"
! within systemctl start lstm-forecast-hourly.service 2>/dev/null
is "an old table" "$(result hourly)" "exit-code 3"
within systemctl show 'lstm-forecast-alert@lstm-forecast-hourly.service.service' -p ExecMainStartTimestampMonotonic --value | grep -qv '^0$'
within cp /run/new $state/readings.csv

# Stopped while it trains: its state is saved, and that is no failure; the next night is a whole one.
settings 'LSTM_FORECAST_MAX_STEPS=1000000 LSTM_FORECAST_EPOCHS=100000 LSTM_FORECAST_PATIENCE=100000 LSTM_FORECAST_INPUT_WINDOW=48'
within systemctl start --no-block lstm-forecast-nightly.service
for _ in $(seq 600); do within test -e $state/candidate.resume.safetensors && break; sleep 0.2; done
within systemctl stop lstm-forecast-nightly.service 2>/dev/null
is "a night that was stopped" "$(result nightly)" "success 130"
within test -s $state/candidate.resume.safetensors
settings 'LSTM_FORECAST_ENSEMBLE=1 LSTM_FORECAST_MAX_STEPS=20 LSTM_FORECAST_INPUT_WINDOW=48 LSTM_FORECAST_HIDDEN_SIZE=8'
within systemctl start lstm-forecast-nightly.service
is "the next night" "$(result nightly)" "success 0"

echo "examples/systemd: tested with $(within systemctl --version | head -n 1)"
