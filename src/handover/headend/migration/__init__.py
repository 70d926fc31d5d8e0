"""The migration of one premise: planned, told, agreed to, stored everywhere, switched, verified or undone."""
