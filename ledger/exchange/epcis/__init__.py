"""GS1 EPCIS 2.0 in JSON: events of supply chains in general, taken in as far as they say something of custody, and given back."""
