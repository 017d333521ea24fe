//! Types that the document shows in the form in which callers send them.

/// Documents a type as another one.
macro_rules! documented_as {
    ($documented:ty, $form:ty) => {
        impl utoipa::PartialSchema for $documented {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                <$form as utoipa::PartialSchema>::schema()
            }
        }

        impl ToSchema for $documented {
            fn schemas(
                schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>,
            ) {
                <$form as ToSchema>::schemas(schemas);
            }
        }
    };
}

pub(crate) use documented_as;
