//! Union-find.

/// Sets of the numbers from 0, which are joined two by two. Its methods panic for a number that is in no set.
#[derive(Debug, Clone)]
pub struct DisjointSets {
    parent: Vec<u32>,
    size: Vec<u32>,
}

impl DisjointSets {
    /// Sets of one number each, of at most 2³² numbers.
    pub fn new(n: usize) -> DisjointSets {
        DisjointSets { parent: (0..n as u32).collect(), size: vec![1; n] }
    }

    /// The root of the set of `i`: one of its members, the same for all of them.
    pub fn find(&mut self, mut i: u32) -> u32 {
        while self.parent[i as usize] != i {
            // path halving
            let up = self.parent[self.parent[i as usize] as usize];
            self.parent[i as usize] = up;
            i = up;
        }
        i
    }

    /// Joins the sets of `a` and `b` and returns the root: that of the larger set, or the smaller index if they are
    /// equal.
    pub fn join(&mut self, a: u32, b: u32) -> u32 {
        let (a, b) = (self.find(a), self.find(b));
        if a == b {
            return a;
        }
        let (sa, sb) = (self.size(a), self.size(b));
        let (root, child) = if sa > sb || (sa == sb && a < b) { (a, b) } else { (b, a) };
        self.parent[child as usize] = root;
        self.size[root as usize] = sa + sb;
        root
    }

    /// Number of members of the set with root `root`.
    pub fn size(&self, root: u32) -> u32 {
        self.size[root as usize]
    }
}
