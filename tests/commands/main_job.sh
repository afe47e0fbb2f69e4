#!/bin/bash
# The main job with daily commands only: at the server of EWALLET_SERVER, or on the wallet of this computer.
set -euo pipefail

# In two data folders: what Bob does, and what Ada does.
bob() { EWALLET_DATA_DIR=$BOBS_FOLDER ewallet "$@"; }
ada() { EWALLET_DATA_DIR=$ADAS_FOLDER ewallet "$@"; }

# What a command prints must begin like this.
prints() {
    local expected=$1 printed
    shift
    printed=$("$@")
    [[ $printed == "$expected"* ]] || { echo "$*: $printed" >&2; exit 1; }
}

# What a command prints must contain this.
contains() {
    local expected=$1 printed
    shift
    printed=$("$@")
    [[ $printed == *"$expected"* ]] || { echo "$*: $printed" >&2; exit 1; }
}

# A command must end with this exit code.
exits() {
    local expected=$1 code=0
    shift
    "$@" >/dev/null 2>&1 || code=$?
    [[ $code == "$expected" ]] || { echo "$*: exit code $code" >&2; exit 1; }
}

export EWALLET_PASSWORD_FILE=$ADAS_FOLDER/password
echo 'four unrelated words here' >"$EWALLET_PASSWORD_FILE"

prints 'Welcome, bob.' bob register bob --email bob@example.org
prints 'Welcome, ada.' ada register ada --email ada@example.org
ada contacts add Bob bob@example.org >/dev/null

prints 'You got 100 credits for EUR 20. New balance: 100.' ada supply 100 --cost 20 --currency EUR
prints 'Paid Bob 10 credits. 90 left.' ada pay bob 10 --note lunch --request-id lunch-of-monday
prints 'Paid Bob 10 credits. 90 left.' ada pay bob 10 --note lunch --request-id lunch-of-monday
exits 1 ada pay bob 91
exits 2 ada pay bob
exits 3 ada login ada --server 127.0.0.1:9
prints 'Converted 30 credits to time. 60 credits and 30:00 left.' ada convert 30
prints 'Converted 5:00 to 5 credits. 65 credits and 25:00 left.' ada convert --back 5

prints 'The timer runs. ' ada start --note taxes --tag acme
prints 'running' ada status --format '{state}'
prints 'The timer is paused. ' ada pause
prints 'The timer runs again. ' ada resume
prints 'Used ' ada stop

prints 'Wallet 1: 65 credits' ada balance
contains lunch ada history
contains '"taxes"' ada history --format csv
contains '"credits": 65' ada balance --json

prints 'Wallet 1: ' bob balance
prints 'You are logged out' ada logout
exits 4 ada balance
