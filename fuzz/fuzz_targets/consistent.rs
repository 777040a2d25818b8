//! What every mesh that a reader accepts must be.

use scannet::Mesh;

pub fn check(mesh: &Mesh) {
    let n = mesh.coord.len();
    assert!(n > 0);
    assert!(mesh.coord.iter().flatten().all(|v| v.is_finite()));
    assert!(mesh.faces.iter().flatten().all(|&i| (i as usize) < n));
    assert!(mesh.color.as_ref().is_none_or(|c| c.len() == n));
    assert!(mesh.normal.as_ref().is_none_or(|c| c.len() == n));
    assert!(mesh.label.as_ref().is_none_or(|c| c.len() == n));
}
