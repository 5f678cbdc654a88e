"""
A pretend LMS: an honest LTI 1.3 platform for trying a tool out, by hand or by tests.

It knows nothing of the tool beside it and speaks to it over HTTP only, as a real LMS would.
"""
