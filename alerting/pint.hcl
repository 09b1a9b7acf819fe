# Lints the rules without a Prometheus server: `pint --offline --config alerting/pint.hcl lint alerting/rules`.
# pint exits 0 on warnings, so tests/alerting fails on anything it prints.
parser {
  include = ["alerting/rules/.+"]
}

checks {
  # Thresholds come from the mandates, in slower groups of their own; what the mandates say is at most
  # 5 s old, which is the promise.
  disabled = ["rule/dependency"]
}

rule {
  match {
    kind = "alerting"
  }

  # Routing: what is not one of these reaches the catch-all receiver.
  label "severity" {
    required = true
    severity = "bug"
    values   = ["page", "ticket", "heartbeat"]
  }

  label "owner" {
    required = true
    severity = "bug"
    values   = ["desk", "platform", "client-manager"]
  }

  # What someone reads at 3 a.m.
  annotation "summary" {
    required = true
    severity = "bug"
  }

  annotation "description" {
    required = true
    severity = "bug"
  }

  annotation "context" {
    required = true
    severity = "bug"
  }

  annotation "action" {
    required = true
    severity = "bug"
  }

  annotation "runbook_url" {
    required = true
    severity = "bug"
    value    = "/runbooks/{{ $alert }}"
  }

  annotation "dashboard_url" {
    required = true
    severity = "bug"
    value    = "/d/fortuna.*"
  }
}
