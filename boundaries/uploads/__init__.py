"""Files on their way in: parts on the disk, whole files, how they are understood."""
