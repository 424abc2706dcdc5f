"""The compiled part: built where there is a C compiler, absent without harm. `streams.compiled` says which it is."""
