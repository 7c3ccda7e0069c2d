"""Who is served: population placed on streets, facilities, and what reaches whom.

Frames and arrays come in, frames come out; nothing here knows HTTP. A figure is
never given without what it stands on (:mod:`boundaries.services.situation`), nor
without what had to be left out of it.
"""
