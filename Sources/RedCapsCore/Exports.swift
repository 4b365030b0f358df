// With MemberImportVisibility, a program that imports only RedCapsCore couldn't see the members of
// types that Core's own API hands out: stores and their errors, image headers and regions.
@_exported public import RedCapsImage
@_exported public import RedCapsLoading
@_exported public import RedCapsTar
