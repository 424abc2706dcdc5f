#!/usr/bin/env bash
# Publishes two events as JSON CloudEvents (binary mode) with kcat: attributes are headers, the value is the record.
# kcat places keys by CRC32, not by Java's murmur2; the hub does not mind.
#
#   BROKER=127.0.0.1:9092 PREFIX= examples/kcat.sh C-1001 79161234567
set -euo pipefail
customer=${1:-C-1001} number=${2:-79161234567}
broker=${BROKER:-127.0.0.1:9092} prefix=${PREFIX:-}
now=$(date -u +%Y-%m-%dT%H:%M:%SZ) millis=$(($(date +%s) * 1000)) id="kcat-$$-$(date +%s)"

publish() { # topic, record, key, body
  printf '%s\t%s\n' "$3" "$4" | kcat -P -b "$broker" -t "$prefix$1" -K '\t' \
    -H ce_specversion=1.0 -H "ce_id=$id-$2" -H ce_source=/examples/kcat -H "ce_type=$2" -H "ce_time=$now" \
    -H content-type=application/json
}

# Upstream says whose the number is. event_id, source and occurred_at may stand in the headers alone.
publish crm.customer.v1 hub.crm.IdentifierLinked "customer:$customer" \
  "{\"customer_id\":\"$customer\",\"scheme\":\"msisdn\",\"value\":\"$number\",\"valid_from\":$millis,\"valid_to\":null}"

# From now on the number is enough.
publish billing.account.v1 hub.billing.BalanceChanged "msisdn:$number" \
  "{\"account_id\":\"A-$customer\",\"balance_minor\":4200,\"currency\":\"RUB\",\"balance_version\":$millis}"
