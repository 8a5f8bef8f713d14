"""`leakseal review`: open findings one by one, in the terminal or in a browser, and a decision about each."""
