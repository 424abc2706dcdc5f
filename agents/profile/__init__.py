"""Who a customer is: name, language, zone, identifiers."""
