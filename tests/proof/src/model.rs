//! The world as a model of stateright, which visits every state within the bounds, the nearest first.

use std::time::{Duration, Instant};

use stateright::{Checker, HasDiscoveries, Model, Property};

use crate::actions::Action;
use crate::properties::INVARIANTS;
use crate::scope::Scope;
use crate::store::Status;
use crate::world::{LeaverOutcome, Outcome, World};

/// A scope that is explored.
pub struct Protocol(pub Scope);

/// What the exploration of a scope came to.
pub struct Explored {
    /// Different states.
    pub states: usize,
    /// Steps to the state that is furthest away.
    pub depth: usize,
    /// How long it took.
    pub took: Duration,
    /// Whether every state was visited.
    pub is_complete: bool,
    /// The property that does not hold, and the steps that lead there.
    pub broken: Option<(&'static str, Vec<Action>)>,
    /// What was seen to happen somewhere.
    pub seen: Vec<&'static str>,
}

/// The invariant of a number as a function of the model, since properties hold no values.
fn holds<const NUMBER: usize>(model: &Protocol, world: &World) -> bool {
    (INVARIANTS[NUMBER].holds)(&model.0, world)
}

macro_rules! invariants {
    ($($number:literal)*) => {
        vec![$(Property::<Protocol>::always(INVARIANTS[$number].name, holds::<$number>)),*]
    };
}

impl Model for Protocol {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(&self.0)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        world.actions(&self.0, actions);
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        Some(world.after(&self.0, action))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut all = invariants!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20);
        all.push(Property::sometimes("a run is taken over and completes", |_, world: &World| {
            world.runs.iter().any(|run| run.row.status == Status::Completed && run.row.fence > 1)
        }));
        all.push(Property::sometimes("a run ends with somebody in doubt", |_, world: &World| {
            let in_doubt = Outcome::InDoubt as usize;
            world.runs.iter().any(|run| run.row.status.is_ended() && run.counts[in_doubt] > 0)
        }));
        all.push(Property::sometimes("somebody who left is removed", |_, world: &World| {
            world.runs.iter().any(|run| run.leavers.contains(&Some(LeaverOutcome::Deleted)))
        }));
        all.push(Property::sometimes(
            "a later run knows what an earlier one has sent",
            |_, world: &World| {
                let unchanged = Outcome::Unchanged as usize;
                world.runs.iter().any(|run| run.counts[unchanged] > 0)
            },
        ));
        all
    }
}

/// Visits every state, or until something is broken where that is sought, or until the time is over.
pub fn explore(scope: Scope, most: Duration, threads: usize) -> Explored {
    let begun = Instant::now();
    let names = INVARIANTS.iter().map(|invariant| invariant.name).collect();
    let finish = HasDiscoveries::AnyOf(names);
    let checker = Protocol(scope).checker().threads(threads).finish_when(finish).timeout(most);
    let checker = checker.spawn_bfs().join();
    let discoveries = checker.discoveries();
    let is_invariant = |name: &str| INVARIANTS.iter().any(|invariant| invariant.name == name);
    let seen = discoveries.keys().copied().filter(|name| !is_invariant(name)).collect();
    let broken = discoveries.into_iter().find(|(name, _)| is_invariant(name));
    let took = begun.elapsed();
    Explored {
        states: checker.unique_state_count(),
        depth: checker.max_depth(),
        took,
        is_complete: took < most,
        broken: broken.map(|(name, path)| (name, path.into_actions())),
        seen,
    }
}
