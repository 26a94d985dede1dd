//! Turns a type that cannot derive `Debug`, for it holds futures or values of others, into one that shows how it stands.

/// `show!([F: Future] Group<F>, |it| len: it.len)`: the bounds, the type, and what is worth seeing of it.
macro_rules! show {
    ([$($bounds:tt)*] $name:ident $(<$($argument:tt),*>)?, |$it:pat_param| $($field:ident: $value:expr),*) => {
        impl<$($bounds)*> std::fmt::Debug for $name $(<$($argument),*>)? {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let $it = self;
                f.debug_struct(stringify!($name))$(.field(stringify!($field), &$value))*.finish_non_exhaustive()
            }
        }
    };
}
