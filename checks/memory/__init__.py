"""What must fit, and what outgrows it."""
