"""The finding codes, one module a family; `ledger.rules.catalogue` puts them together."""
