//! From annotation to labels per vertex.

use crate::annotation::{Aggregation, SegGroup, Segments};
use crate::error::Problem;
use crate::faults::{Fault, FaultKind};
use crate::label_table::LabelTable;
use labelset::{LabelSet, NO_CLASS};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Labels of one scan. Every array has one entry per vertex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanLabels {
    /// NYU40 ids; 0 = of no object, or of an object without a NYU40 class.
    pub nyu40: Vec<i32>,
    /// Label values of `scannet20`; -1 = outside the 20 classes or of no object.
    pub segment20: Vec<i32>,
    /// Label values of `scannet200`, if the label table has ids; -1 = outside the 200 classes or of no object.
    pub segment200: Option<Vec<i32>>,
    /// Instance ids; -1 = of no object. `None` if there was only `labels.ply`. (PointNet++'s preparation of ScanNet v1
    /// drops the vertices of no object and keeps those of objects outside the 20 classes.)
    pub instance: Option<Vec<i32>>,
    /// What was wrong with the annotation.
    pub faults: Vec<Fault>,
}

/// With more than this share of unknown segments, an aggregation belongs to another mesh.
const FOREIGN: f64 = 0.1;

impl ScanLabels {
    /// Makes labels from segments, objects and the label table, as ScanNet's and Pointcept's scripts do: every vertex
    /// has the class and id of the last object in the file that contains its segment.
    ///
    /// # Errors
    /// [`Problem::Mismatch`] if the segments do not fit the mesh (another number of vertices) or the objects do not fit
    /// the segments (the aggregation of the high-resolution mesh): the labels would be wrong, and nobody would notice.
    pub fn from_objects(
        scan: &str,
        vertices: usize,
        segments: &Segments,
        objects: &Aggregation,
        table: &LabelTable,
    ) -> Result<Self, Problem> {
        let ids = &segments.seg_indices;
        if ids.len() != vertices {
            let what = format!(
                "segments of {} vertices for a mesh of {vertices}: mesh and segs.json are of different scans or meshes",
                ids.len()
            );
            return Err(Problem::mismatch(what, "fetch both again"));
        }
        let mut faults = Vec::new();
        for (what, name) in [("segments", &segments.scene_id), ("objects", &objects.scene_id)] {
            let name = name.strip_prefix("scannet.").unwrap_or(name);
            if !name.is_empty() && name != scan {
                faults.push(Fault::new(FaultKind::OtherScan, vertices, format!("the {what} are named '{name}'")));
            }
        }
        let groups = distinct(scan, &objects.groups);
        let lookup = SegmentIndex::new(ids);

        // Which object has which segment; the last one wins.
        let mut owner = vec![None; lookup.len()];
        let (mut named, mut unknown, mut shared) = (0usize, 0usize, BTreeSet::new());
        for (g, group) in groups.kept.iter().enumerate() {
            for &s in &group.segments {
                named += 1;
                match lookup.slot(s) {
                    None => unknown += 1,
                    Some(slot) => {
                        if owner[slot].replace(g).is_some_and(|before| before != g) {
                            shared.insert(slot);
                        }
                    }
                }
            }
        }
        if unknown as f64 > FOREIGN * named as f64 {
            let what = format!(
                "{unknown} of the {named} segments of its objects do not exist in the mesh: \
                 this is the aggregation of another mesh, \
                 most likely the high-resolution '_vh_clean.aggregation.json'"
            );
            return Err(Problem::mismatch(what, format!("use '{scan}.aggregation.json'")));
        }
        if groups.kept.is_empty() {
            faults.push(Fault::new(FaultKind::NoObjects, vertices, "the annotation has no object"));
        }
        if unknown > 0 {
            let detail = format!("objects name {unknown} of {named} segments that the mesh does not have");
            faults.push(Fault::new(FaultKind::UnknownSegments, 0, detail));
        }

        // Classes of objects, then of vertices.
        let mut unknown_names: BTreeMap<&str, usize> = BTreeMap::new();
        let mut odd_ids: BTreeMap<i32, usize> = BTreeMap::new();
        let classes = ObjectClass::of_all(&groups.kept, table);
        let mut count = vec![0usize; classes.len()];
        let mut shared_vertices = 0;
        let none = ObjectClass { nyu40: 0, segment20: -1, segment200: -1, instance: -1, raw_nyu40: Some(0) };
        let of_slot: Vec<&ObjectClass> = owner.iter().map(|o| o.map_or(&none, |g| &classes[g])).collect();
        let slots = lookup.slots(ids);
        for &slot in &slots {
            if let Some(g) = owner[slot as usize] {
                count[g] += 1;
            }
        }
        if !shared.is_empty() {
            shared_vertices = slots.iter().filter(|&&s| shared.contains(&(s as usize))).count();
        }
        for ((group, class), &n) in groups.kept.iter().zip(&classes).zip(&count) {
            match class.raw_nyu40 {
                None => *unknown_names.entry(&group.label).or_default() += n,
                Some(id) if class.nyu40 != id || id == 0 => *odd_ids.entry(id).or_default() += n,
                Some(_) => {}
            }
        }
        if groups.dropped > 0 {
            let again: BTreeSet<u32> = groups.again.iter().flat_map(|g| g.segments.iter().copied()).collect();
            let touched = ids.iter().filter(|s| again.contains(s)).count();
            let detail = format!(
                "{} of {} objects are listed twice; the first listing was kept",
                groups.dropped,
                objects.groups.len()
            );
            faults.push(Fault::new(FaultKind::DuplicatedObjects, touched, detail));
        }
        if !shared.is_empty() {
            let detail = format!("{} segments belong to two objects; the later object has them", shared.len());
            faults.push(Fault::new(FaultKind::SharedSegments, shared_vertices, detail));
        }
        for (name, n) in unknown_names {
            let detail = format!("the label table has no raw name '{name}'; its vertices are ignored");
            faults.push(Fault::new(FaultKind::UnknownName, n, detail));
        }
        faults.extend(odd_ids.into_iter().map(|(id, n)| odd_id(id, n)));
        faults.sort();
        let gather = |f: fn(&ObjectClass) -> i32| slots.iter().map(|&s| f(of_slot[s as usize])).collect::<Vec<i32>>();
        Ok(ScanLabels {
            nyu40: gather(|c| c.nyu40),
            segment20: gather(|c| c.segment20),
            segment200: table.has_ids().then(|| gather(|c| c.segment200)),
            instance: Some(gather(|c| c.instance)),
            faults,
        })
    }

    /// Makes labels from the NYU40 ids of a label mesh.
    ///
    /// # Errors
    /// [`Problem::Mismatch`] if the mesh has another number of vertices.
    pub fn from_label_mesh(vertices: usize, ids: &[i32]) -> Result<Self, Problem> {
        if ids.len() != vertices {
            let what = format!(
                "labels of {} vertices for a mesh of {vertices}: mesh and labels.ply are of different scans",
                ids.len()
            );
            return Err(Problem::mismatch(what, "fetch both again"));
        }
        let set = LabelSet::nyu40();
        let classes = set.classes_of_ids(ids);
        let mut odd: BTreeMap<i32, usize> = BTreeMap::new();
        let of_no_class = ids.iter().zip(&classes).filter(|&(&id, &class)| id != 0 && class == NO_CLASS);
        of_no_class.for_each(|(&id, _)| *odd.entry(id).or_default() += 1);
        let mut faults: Vec<Fault> = odd.into_iter().map(|(id, n)| odd_id(id, n)).collect();
        faults.push(Fault::new(FaultKind::NoInstances, vertices, "labels.ply alone was used, which has no instances"));
        Ok(ScanLabels {
            nyu40: set.ids_of(&classes),
            // Label values of scannet20 are its class indices.
            segment20: LabelSet::scannet20().classes_of_ids(ids),
            segment200: None,
            instance: None,
            faults,
        })
    }
}

fn odd_id(id: i32, vertices: usize) -> Fault {
    Fault::new(FaultKind::OddNyu40Id, vertices, format!("NYU40 id {id} is no class; its vertices are ignored"))
}

/// What the vertices of an object get.
struct ObjectClass {
    nyu40: i32,
    segment20: i32,
    segment200: i32,
    instance: i32,
    /// The id in the label table; `None` for an unknown name.
    raw_nyu40: Option<i32>,
}

impl ObjectClass {
    fn of_all(groups: &[&SegGroup], table: &LabelTable) -> Vec<Self> {
        let rows: Vec<_> = groups.iter().map(|group| table.get(&group.label)).collect();
        let raw_ids: Vec<i32> = rows.iter().map(|row| row.map_or(0, |row| row.nyu40_id)).collect();
        let nyu40 = LabelSet::nyu40();
        let nyu40_ids = nyu40.ids_of(&nyu40.classes_of_ids(&raw_ids));
        // Label values of scannet20 and scannet200 are their class indices.
        let segment20 = LabelSet::scannet20().classes_of_ids(&nyu40_ids);
        let segment200 = table.scannet200(&groups.iter().map(|group| &group.label[..]).collect::<Vec<_>>());
        let class = |i: usize| ObjectClass {
            nyu40: nyu40_ids[i],
            segment20: segment20[i],
            segment200: segment200[i],
            // Real ids are below a few hundred.
            instance: i32::try_from(groups[i].id).unwrap_or(i32::MAX),
            raw_nyu40: rows[i].map(|row| row.nyu40_id),
        };
        (0..groups.len()).map(class).collect()
    }
}

struct Groups<'a> {
    kept: Vec<&'a SegGroup>,
    again: Vec<&'a SegGroup>,
    dropped: usize,
}

/// Drops objects that are listed twice, with the name and segments of an earlier one. In scene0217_00 all objects from
/// objectId 31 on are such; there the second half is dropped even where its segments differ in detail.
fn distinct<'a>(scan: &str, groups: &'a [SegGroup]) -> Groups<'a> {
    let half = groups.len() / 2;
    let repeats = |at: usize| groups.len() == 2 * at && (0..at).all(|i| groups[i].label == groups[at + i].label);
    let listed = if scan == "scene0217_00" && half == 31 && repeats(half) { &groups[..half] } else { groups };
    let mut seen: HashMap<(&str, Vec<u32>), ()> = HashMap::with_capacity(groups.len());
    let (mut kept, mut again) = (Vec::with_capacity(listed.len()), groups[listed.len()..].iter().collect::<Vec<_>>());
    for group in listed {
        let mut segments = group.segments.clone();
        segments.sort_unstable();
        segments.dedup();
        // Repeated empty objects do no harm.
        if !segments.is_empty() && seen.insert((&group.label, segments), ()).is_some() {
            again.push(group);
        } else {
            kept.push(group);
        }
    }
    Groups { dropped: again.len(), kept, again }
}

/// Maps segment ids to slots: ids are their own slots where they are below a few times the number of vertices, as in
/// ScanNet's files; a hash map takes all others, so that one large id costs no memory.
enum SegmentIndex {
    Direct { present: Vec<bool> },
    Hashed { slot: HashMap<u32, u32> },
}

impl SegmentIndex {
    fn new(ids: &[u32]) -> Self {
        let largest = ids.iter().copied().max().unwrap_or(0) as usize;
        if largest <= 16 * ids.len() + 65_536 {
            let mut present = vec![false; largest + 1];
            ids.iter().for_each(|&s| present[s as usize] = true);
            return SegmentIndex::Direct { present };
        }
        let mut slot = HashMap::new();
        for &s in ids {
            let next = slot.len() as u32;
            slot.entry(s).or_insert(next);
        }
        SegmentIndex::Hashed { slot }
    }

    fn len(&self) -> usize {
        match self {
            SegmentIndex::Direct { present } => present.len(),
            SegmentIndex::Hashed { slot } => slot.len(),
        }
    }

    fn slot(&self, segment: u32) -> Option<usize> {
        match self {
            SegmentIndex::Direct { present } => {
                present.get(segment as usize).copied().unwrap_or(false).then_some(segment as usize)
            }
            SegmentIndex::Hashed { slot } => slot.get(&segment).map(|&s| s as usize),
        }
    }

    fn slots(&self, ids: &[u32]) -> Vec<u32> {
        match self {
            SegmentIndex::Direct { .. } => ids.to_vec(),
            SegmentIndex::Hashed { slot } => ids.iter().map(|s| slot[s]).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
