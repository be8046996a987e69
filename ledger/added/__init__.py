"""What was added to a ledger since it was verified here: verified at the cost of what it adds and builds on."""
