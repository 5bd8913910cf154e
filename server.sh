#!/usr/bin/env bash
# Starts, stops and shows the session server and the simulation server of this
# folder, one node process each. `./server.sh help` says how.
set -u

PROGRAM=dist/src/main.js
# In this order, so that the session server finds the simulation server at its first look.
ROLES='simulation session'
# Seconds until a started server must answer; a session server waits 1 s for its first poll.
READY_TIME=30
# Seconds from SIGTERM until SIGKILL, beside drainTimeout and killGrace of the configuration, and from there until giving up.
STOP_TIME=30
KILL_TIME=5
# Lines of a server's output that are shown when it does not start.
TAIL_LINES=20
# What a server prints once it serves.
READY_LINE='  Press Ctrl+C to stop.'

usage() {
  cat <<'TEXT'
Usage: ./server.sh COMMAND [CONFIG]

Starts, stops and shows the session server and the simulation server.

  start [CONFIG]    start the servers that have a file config/*/CONFIG.json,
                    and return once they answer
  stop              stop the servers, and return once they are gone; simulations
                    have drainTimeout of the configuration to finish, and a
                    second stop, after Ctrl+C, ends them at once
  restart [CONFIG]  stop, then start
  reload            have the servers read their configuration files again; their
                    log says what has changed
  upgrade [CONFIG]  start the servers anew, with what this folder holds now, in
                    place of those that run, which go on with their simulations
                    until these end
  status            say what runs; the exit status is 0 if all that was started
                    runs, else 3

CONFIG is `local` by default. Each server logs to log/session/output.log or
log/simulation/output.log; what else it prints is in console.log beside it.
TEXT
}

fail() {
  printf '%s\n' "$1" >&2
  exit "${2:-1}"
}

# The folder that holds this script, through links to it.
own_folder() {
  local path=${BASH_SOURCE[0]} target
  while [[ -L $path ]]; do
    target=$(readlink "$path")
    [[ $target == /* ]] || target=$(dirname "$path")/$target
    path=$target
  done
  dirname "$path"
}

# Prints what tells process $1 from an earlier or later one with the same id; fails if there is none.
birth() {
  local stat
  if [[ -r /proc/self/stat ]]; then
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    # From the third field on, which is the state; the 22nd is the start time in clock ticks since boot.
    set -- ${stat##*) }
    [[ $1 != [ZX] ]] || return 1
    printf '%s:%s\n' "$(</proc/sys/kernel/random/boot_id)" "${20}"
  else
    set -- $(ps -o stat= -o lstart= -p "$1")
    [[ $# -gt 1 && $1 != Z* ]] || return 1
    shift
    (IFS=_ && printf '%s\n' "$*")
  fi
}

# Sets PID, BIRTH, CONFIG and PORT from the file of role $1; fails if it was not started.
recorded() {
  PID='' BIRTH='' CONFIG='' PORT=''
  { read -r PID BIRTH CONFIG PORT <"log/$1.pid"; } 2>/dev/null && [[ $PID =~ ^[1-9][0-9]*$ ]]
}

# Whether role $1 runs; sets PID, BIRTH, CONFIG and PORT.
runs() {
  recorded "$1" && [[ $(birth "$PID") == "$BIRTH" ]]
}

# Prints the ids of the processes of role $1 that have handed over to another one, and still run.
retiring() {
  local pid birth
  [[ -e log/$1.retiring ]] || return 0
  while read -r pid birth; do
    [[ $pid =~ ^[1-9][0-9]*$ && $(birth "$pid") == "$birth" ]] && printf '%s\n' "$pid"
  done <"log/$1.retiring"
  return 0
}

# Whether a process of role $1 runs, be it one that has handed over.
serves() {
  runs "$1" || [[ -n $(retiring "$1") ]]
}

# Prints the host and the port on which configuration file $1 lets a server listen, and whether that is free.
place() {
  node -e '
    const { readFileSync } = require("node:fs");
    const { connect } = require("node:net");
    let config = {};
    try {
      config = JSON.parse(readFileSync(process.argv[1], "utf8").replace(/^\uFEFF/, "")) ?? {};
    } catch {
      // The server itself says what is wrong with the file.
    }
    const { bindAddress = "::" } = config;
    const host = ["::", "0.0.0.0"].includes(bindAddress) ? "127.0.0.1" : String(bindAddress);
    const isPort = Number.isInteger(config.port) && config.port > 0 && config.port < 65536;
    // Nothing answers on port 0, which stands for a port that the server will refuse.
    const port = isPort ? config.port : config.port === undefined ? 2000 : 0;
    const say = (state) => {
      console.log(`${host} ${port} ${state}`);
      process.exit();
    };
    connect({ host, port, timeout: 1000 })
      .on("connect", () => say("taken"))
      .on("timeout", () => say("free"))
      .on("error", () => say("free"));
  ' "$1"
}

# Waits until process $2 has printed to file $1, after $4 bytes, that it serves; fails when it has ended or after $3 seconds.
await_ready() {
  local deadline=$((SECONDS + $3))
  until tail -c "+$(($4 + 1))" "$1" | grep -qFx -- "$READY_LINE"; do
    ((SECONDS < deadline)) && birth "$2" >/dev/null || return 1
    sleep 0.1 2>/dev/null || sleep 1
  done
}

# Replaces this shell by a server that outlives the terminal: $1 is the role, $2 the configuration file, $3… more options.
become_server() {
  local role=$1 file=$2
  shift 2
  if command -v setsid >/dev/null; then
    exec setsid node "$PROGRAM" --role "$role" --config "$file" "$@"
  fi
  exec nohup node "$PROGRAM" --role "$role" --config "$file" "$@"
}

# Starts a process of role $1 with configuration $2 and the options $3…; sets LAUNCHED to its id, and BEGIN to the bytes
# of console.log before what it prints.
launch() {
  local role=$1 file="config/$1/$2.json" output="log/$1/console.log"
  shift 2
  mkdir -p "log/$role" || return 1
  # What the last one said in the end is kept until the next start; one that still runs goes on writing there.
  if [[ -e $output ]] && ! serves "$role"; then
    mv -f "$output" "$output.1" || return 1
  fi
  : >>"$output" || return 1
  BEGIN=$(($(wc -c <"$output")))
  (exec </dev/null >>"$output" 2>&1 && become_server "$role" "$file" "$@") &
  LAUNCHED=$!
  disown
}

# Starts role $1 with configuration $2 and adds it to STARTED; fails after saying why.
start_role() {
  local role=$1 config=$2 file="config/$1/$2.json" output="log/$1/console.log" port state pid
  if runs "$role"; then
    echo "The $role server already runs (process $PID, configuration $CONFIG)."
    return
  fi
  read -r _ port state <<<"$(place "$file")"
  if [[ $state == taken ]]; then
    echo "The $role server cannot start: another program listens on port $port. Stop it, or change \`port\` in $file." >&2
    return 1
  fi
  launch "$role" "$config" || return 1
  pid=$LAUNCHED
  STARTED="$role $STARTED"
  printf '%s %s %s %s\n' "$pid" "$(birth "$pid")" "$config" "$port" >"log/$role.pid"
  # In the background, because bash hears a signal while it waits for a job, but not while it runs a command.
  await_ready "$output" "$pid" "$READY_TIME" "$BEGIN" &
  if wait $! && runs "$role"; then
    echo "Started the $role server (process $pid, configuration $config, port $port)."
    return
  fi
  if runs "$role"; then
    echo "The $role server did not answer on port $port within $READY_TIME s. Its last output:" >&2
  else
    echo "The $role server ended at once. Its last output:" >&2
  fi
  said "$output" "$BEGIN" >&2
  return 1
}

# Prints the end of what was printed to file $1 after $2 bytes.
said() {
  tail -c "+$(($2 + 1))" "$1" | tail -n "$TAIL_LINES"
}

# Prints whom a process of role $1 that has handed over stays for.
guest() {
  if [[ $1 == session ]]; then echo client; else echo simulation; fi
}

# Puts a new process of role $1 with configuration $2 in the place of the one that runs; fails after saying why.
upgrade_role() {
  local role=$1 config=$2 file="config/$1/$2.json" output="log/$1/console.log" old remaining port
  if ! runs "$role"; then
    start_role "$role" "$config"
    return
  fi
  read -r _ port _ <<<"$(place "$file")"
  # A wrong file is for the program to refuse, which says what is wrong with it.
  if [[ -n $PORT && $port != "$PORT" && $port != 0 ]]; then
    echo "The $role server cannot be upgraded: it listens on port $PORT, and $file says $port. Stop and start it, or change \`port\` back." >&2
    return 1
  fi
  old="$PID $BIRTH"
  launch "$role" "$config" --takeover || return 1
  # In the background, because bash hears a signal while it waits for a job, but not while it runs a command.
  await_ready "$output" "$LAUNCHED" "$READY_TIME" "$BEGIN" &
  if ! wait $!; then
    kill -TERM "$LAUNCHED" 2>/dev/null
    echo "The new $role server did not take over; the one before goes on. Its last output:" >&2
    said "$output" "$BEGIN" >&2
    return 1
  fi
  remaining=$(retiring "$role" | while read -r pid; do echo "$pid $(birth "$pid")"; done)
  printf '%s\n' ${remaining:+"$remaining"} "$old" >"log/$role.retiring"
  printf '%s %s %s %s\n' "$LAUNCHED" "$(birth "$LAUNCHED")" "$config" "$port" >"log/$role.pid"
  echo "The $role server is process $LAUNCHED now (configuration $config). Process ${old%% *} ends with its last $(guest "$role")."
}

# Waits until none of the roles $2… runs; fails after $1 seconds.
await_end() {
  local deadline=$((SECONDS + $1)) role
  shift
  for role; do
    while serves "$role"; do
      ((SECONDS < deadline)) || return 1
      sleep 0.1 2>/dev/null || sleep 1
    done
  done
}

# Prints the sum of the keys $2… of configuration file $1, which are seconds, rounded up; 0 if there is none.
seconds_of() {
  node -e '
    const { readFileSync } = require("node:fs");
    const [file, ...keys] = process.argv.slice(1);
    let config = {};
    try {
      config = JSON.parse(readFileSync(file, "utf8").replace(/^\uFEFF/, "")) ?? {};
    } catch {
      // The file has been moved or broken since the server has read it.
    }
    console.log(keys.reduce((sum, key) => sum + Math.ceil(Number(config[key]) || 0), 0));
  ' "$@" 2>/dev/null || echo 0
}

# Stops the roles $1…; fails if one cannot be stopped.
stop_roles() {
  local role time=$STOP_TIME more pid
  for role; do
    for pid in $(retiring "$role"); do
      kill -TERM "$pid" 2>/dev/null
    done
    runs "$role" || continue
    kill -TERM "$PID" 2>/dev/null
    more=$(seconds_of "config/$role/$CONFIG.json" drainTimeout killGrace)
    ((STOP_TIME + more <= time)) || time=$((STOP_TIME + more))
  done
  if ! await_end "$time" "$@"; then
    for role; do
      if runs "$role"; then
        echo "The $role server did not end within $time s and is killed." >&2
        kill -KILL "$PID" 2>/dev/null
      fi
      for pid in $(retiring "$role"); do
        kill -KILL "$pid" 2>/dev/null
      done
    done
    await_end "$KILL_TIME" "$@" || fail "A server could not be killed."
  fi
  for role; do
    rm -f "log/$role.pid" "log/$role.retiring"
  done
}

# Keeps a second server.sh from working in this folder at the same time.
lock() {
  local lock=log/server.lock mine="log/server.lock.$$" pid since
  mkdir -p log && printf '%s %s\n' "$$" "$(birth $$)" >"$mine" || fail "The folder $PWD/log cannot be written."
  trap 'rm -f "log/server.lock.$$"' EXIT
  if ! ln "$mine" "$lock" 2>/dev/null; then
    { read -r pid since <"$lock"; } 2>/dev/null
    [[ $(birth "${pid:-0}") != "${since:-}" ]] || fail "Another server.sh is at work (process $pid)."
    rm -f "$lock"
    ln "$mine" "$lock" 2>/dev/null || fail 'Another server.sh is at work.'
  fi
  trap 'rm -f "log/server.lock.$$" log/server.lock' EXIT
}

# Fails unless configuration $1 can be started; sets CONFIGURED to the roles that it is for.
check_start() {
  local role
  CONFIGURED=''
  for role in $ROLES; do
    [[ -e config/$role/$1.json ]] && CONFIGURED="$CONFIGURED $role"
  done
  [[ -n $CONFIGURED ]] || fail "There is neither config/session/$1.json nor config/simulation/$1.json."
  command -v node >/dev/null || fail 'Node.js is missing: install version 20.19 or later.'
  [[ -e $PROGRAM ]] || fail "$PROGRAM is missing: run \`npm ci\` in $PWD."
}

start() {
  local role
  STARTED=''
  trap 'stop_roles $STARTED; exit 130' INT TERM
  for role in $CONFIGURED; do
    if ! start_role "$role" "$1"; then
      stop_roles $STARTED
      exit 1
    fi
  done
}

upgrade() {
  local role failed=''
  STARTED='' LAUNCHED=''
  # A new process that has not taken over leaves the one before as it was.
  trap '[[ -z $LAUNCHED ]] || kill -TERM "$LAUNCHED" 2>/dev/null; exit 130' INT TERM
  for role in $CONFIGURED; do
    LAUNCHED=''
    upgrade_role "$role" "$1" || failed=yes
  done
  [[ -z $failed ]] || exit 1
}

reload() {
  local role none=yes
  for role in session simulation; do
    if runs "$role"; then
      none=''
      kill -HUP "$PID"
      echo "The $role server (process $PID) reads config/$role/$CONFIG.json again; log/$role/output.log says what has changed."
    else
      echo "The $role server does not run."
    fi
  done
  [[ -z $none ]] || exit 3
}

stop() {
  local role drain pid
  for role in session simulation; do
    if runs "$role"; then
      echo "Stopping the $role server (process $PID)."
      drain=$(seconds_of "config/$role/$CONFIG.json" drainTimeout)
      ((drain == 0)) || echo "Its simulations have $drain s to finish. To end them at once, press Ctrl+C and stop again."
    else
      echo "The $role server does not run."
    fi
    for pid in $(retiring "$role"); do
      echo "Stopping the $role server before it (process $pid)."
    done
  done
  stop_roles session simulation
}

status() {
  local role running='' dead='' pid
  for role in session simulation; do
    if runs "$role"; then
      running=yes
      echo "The $role server runs (process $PID, configuration $CONFIG)."
    elif recorded "$role"; then
      dead=yes
      echo "The $role server has ended by itself; log/$role/console.log and output.log may say why."
    else
      echo "The $role server does not run."
    fi
    for pid in $(retiring "$role"); do
      echo "The $role server before it (process $pid) still serves its last $(guest "$role")s."
    done
  done
  [[ -n $running && -z $dead ]] || exit 3
}

case ${1:-} in
  start | restart | stop | status | reload | upgrade) ;;
  help | --help | -h) usage && exit ;;
  *) usage >&2 && exit 2 ;;
esac
config=${2:-local}
[[ $# -le 2 && $config =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]*$ ]] ||
  fail 'Expected CONFIG to be the NAME of config/session/NAME.json or config/simulation/NAME.json.' 2
cd -- "$(own_folder)" || exit 1
case $1 in
  start) check_start "$config" && lock && start "$config" ;;
  stop) lock && stop ;;
  restart) check_start "$config" && lock && stop && start "$config" ;;
  reload) reload ;;
  upgrade) check_start "$config" && lock && upgrade "$config" ;;
  status) status ;;
esac
