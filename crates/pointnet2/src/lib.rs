//! PointNet++ set abstraction, feature propagation and networks, as burn modules.
