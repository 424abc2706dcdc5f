"""The resolve box: finds the customer of a record's key and appends the record to their timeline."""
