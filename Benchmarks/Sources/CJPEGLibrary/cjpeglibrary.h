// Empty on purpose: Swift never sees libjpeg's own declarations.
