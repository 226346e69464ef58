# sh supervise.sh FAREWELL COMMAND…
# Runs a server that dies with whoever holds the other end of stdin, however that one dies. Each line of stdin names a
# signal for the server, answered by a line when it is sent; the end of stdin is FAREWELL, and KILL for a server that takes longer than 3 seconds over it.
farewell=$1
shift
exec 3<&0

# A session of its own, so that a signal reaches whatever else the server starts.
setsid "$@" </dev/null >&2 3<&- &
server=$!

# Until setsid has run there is no such group.
tell() { kill -s "$1" -- "-$server" 2>/dev/null || kill -s "$1" "$server" 2>/dev/null; }

(
    while read -r signal <&3; do
        tell "$signal"
        echo
    done
    tell "$farewell"
    tell CONT
    patience=60
    while [ "$patience" -gt 0 ] && kill -0 "$server" 2>/dev/null; do
        sleep 0.05
        patience=$((patience - 1))
    done
    tell KILL
) &
listener=$!

wait "$server"
status=$?
kill -s KILL -- "-$server" 2>/dev/null
kill "$listener" 2>/dev/null
exit "$status"
