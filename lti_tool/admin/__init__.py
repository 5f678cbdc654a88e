"""
The admin room: how Hearth is doing at one institution, for its admin, who comes by an LTI launch.

An admin is whose launch carries the institution's Administrator role. From the LMS's own administration
(a launch outside of any course) they land here; in a course they find a quiet link on its home. A room is
about one tenant, the deployment of the launch, and shows nothing of any other.

Other parts of the house bring sections of their own, for example the letterbox its addresses and
deliveries: see :mod:`lti_tool.web.institution` for how.
"""
