"""Prepayment on either side: the credit of a meter that is paid in advance."""
