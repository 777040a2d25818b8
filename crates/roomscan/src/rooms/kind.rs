//! Kinds of rooms: their sizes, openings and neighbours.

use super::plan::OpeningKind;
use crate::dice::Dice;

/// The kind of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RoomKind {
    /// Bed, cabinet, often a desk.
    Bedroom,
    /// Toilet, washbasin, bathtub with a curtain.
    Bathroom,
    /// Counters, refrigerator, table with chairs.
    Kitchen,
    /// Sofas around a coffee table.
    LivingRoom,
    /// Desks, office chairs, bookshelves.
    Office,
    /// A large table with many chairs.
    MeetingRoom,
    /// A living room with a kitchen corner, and one or two rooms behind its doors.
    Apartment,
    /// Narrow, with doors to rooms.
    Hallway,
    /// Washing machines, a sink, drying racks.
    Laundry,
    /// Shelves and boxes.
    Storage,
    /// Seats, a reception counter.
    Lobby,
    /// Rows of small tables with chairs before a board.
    Classroom,
}

/// The kinds, by their place in [`RoomKind::ALL`], in the order in which a split cycles through them: those that are
/// frequent in ScanNet come twice.
const CYCLE: [usize; 18] = [0, 1, 2, 3, 4, 5, 6, 7, 0, 8, 3, 9, 2, 10, 4, 11, 1, 6];

impl RoomKind {
    /// All kinds.
    pub const ALL: [RoomKind; 12] = [
        RoomKind::Bedroom,
        RoomKind::Bathroom,
        RoomKind::Kitchen,
        RoomKind::LivingRoom,
        RoomKind::Office,
        RoomKind::MeetingRoom,
        RoomKind::Apartment,
        RoomKind::Hallway,
        RoomKind::Laundry,
        RoomKind::Storage,
        RoomKind::Lobby,
        RoomKind::Classroom,
    ];

    /// Scans at the beginning of a split that contain all twenty classes together. They are scanned whole.
    pub(crate) const FIRST: usize = 6;

    /// The kind of a split's scan `index`. Scans take the kinds in turn: the first six of a split contain all twenty
    /// classes, and the first eighteen all kinds.
    pub fn of_scan(index: usize) -> RoomKind {
        RoomKind::ALL[CYCLE[index % CYCLE.len()]]
    }

    /// The `sceneType` in the scan's `.txt` file.
    pub fn scene_type(self) -> &'static str {
        match self {
            RoomKind::Bedroom => "Bedroom / Hotel",
            RoomKind::Bathroom => "Bathroom",
            RoomKind::Kitchen => "Kitchen",
            RoomKind::LivingRoom => "Living room / Lounge",
            RoomKind::Office => "Office",
            RoomKind::MeetingRoom => "Conference Room",
            RoomKind::Apartment => "Apartment",
            RoomKind::Hallway => "Hallway",
            RoomKind::Laundry => "Laundry Room",
            RoomKind::Storage => "Storage/Basement/Garage",
            RoomKind::Lobby => "Lobby",
            RoomKind::Classroom => "Classroom",
        }
    }

    /// Draws the lengths of a room's sides in metres.
    pub(super) fn size(self, d: &mut Dice) -> [f32; 2] {
        let (x, y) = match self {
            RoomKind::Bedroom => ((2.8, 5.0), (2.8, 5.0)),
            RoomKind::Bathroom => ((2.1, 3.3), (2.2, 3.6)),
            RoomKind::Kitchen => ((2.7, 5.0), (3.0, 5.0)),
            RoomKind::LivingRoom => ((3.6, 6.0), (3.6, 6.5)),
            RoomKind::Office => ((2.8, 5.5), (2.8, 5.5)),
            RoomKind::MeetingRoom => ((3.3, 5.5), (3.6, 7.5)),
            RoomKind::Apartment => ((4.0, 5.5), (4.5, 7.0)),
            RoomKind::Hallway => ((1.3, 2.3), (3.5, 8.0)),
            RoomKind::Laundry => ((1.9, 3.5), (2.2, 4.0)),
            RoomKind::Storage => ((2.0, 4.5), (2.4, 5.5)),
            RoomKind::Lobby => ((4.0, 7.0), (4.5, 8.0)),
            RoomKind::Classroom => ((5.0, 7.5), (5.5, 9.0)),
        };
        // Rooms to live and work in are larger in the second edition.
        let large = !self.is_wet() && !matches!(self, RoomKind::Hallway | RoomKind::Storage);
        let grow = if large { d.either(1.0, 1.22) } else { 1.0 };
        let size = [grow * d.between(x.0, x.1), grow * d.between(y.0, y.1)];
        if d.chance(0.5) { size } else { [size[1], size[0]] }
    }

    /// Whether walls and floor are tiled.
    pub(super) fn is_wet(self) -> bool {
        matches!(self, RoomKind::Bathroom | RoomKind::Laundry)
    }

    /// Rooms that may be behind its doors.
    pub(super) fn neighbours(self) -> &'static [RoomKind] {
        match self {
            RoomKind::Bedroom | RoomKind::LivingRoom | RoomKind::Kitchen | RoomKind::Apartment => {
                &[RoomKind::Bedroom, RoomKind::Bathroom, RoomKind::Hallway, RoomKind::Kitchen, RoomKind::Bedroom]
            }
            RoomKind::Bathroom | RoomKind::Laundry => &[RoomKind::Bedroom, RoomKind::Hallway, RoomKind::Storage],
            RoomKind::Hallway => &[RoomKind::Bedroom, RoomKind::Bathroom, RoomKind::Office, RoomKind::Storage],
            _ => &[RoomKind::Hallway, RoomKind::Storage, RoomKind::Office],
        }
    }

    /// Openings other than the entry and those to other rooms.
    pub(super) fn openings(self, d: &mut Dice) -> Vec<OpeningKind> {
        let mut list = Vec::new();
        let (windows, doors) = match self {
            RoomKind::Bathroom | RoomKind::Laundry | RoomKind::Storage => (usize::from(d.chance(0.4)), 0),
            RoomKind::Hallway => (usize::from(d.chance(0.25)), 1 + d.below(d.either(3, 2))),
            RoomKind::Lobby | RoomKind::Classroom => (1 + d.below(4), d.below(d.either(3, 2))),
            RoomKind::LivingRoom | RoomKind::MeetingRoom | RoomKind::Apartment => {
                (1 + d.below(d.either(3, 4)), d.below(2))
            }
            _ => (1 + d.below(d.either(2, 3)), usize::from(d.chance(d.either(0.2, 0.1)))),
        };
        list.extend(std::iter::repeat_n(OpeningKind::Window, windows));
        list.extend(std::iter::repeat_n(OpeningKind::Door, doors));
        if matches!(self, RoomKind::Bedroom | RoomKind::Hallway) && d.chance(d.either(0.45, 0.25)) {
            list.push(OpeningKind::Closet);
        }
        list
    }
}
