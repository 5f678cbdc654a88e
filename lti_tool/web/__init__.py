"""The web layer under every room: session, viewer, guards, error pages, layouts, components."""
