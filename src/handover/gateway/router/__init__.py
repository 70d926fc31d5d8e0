"""The router function of a gateway with an Internet connection (BP.MR.5): by policy, off by default."""
