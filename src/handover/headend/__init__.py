"""AMI and HAN management for both applications at once. It decides; drivers and people act."""
