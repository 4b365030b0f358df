// Stores throw, fill and are called off with these, which a program that imports only RedCapsTar
// couldn't see the members of.
@_exported public import class RedCapsBase.Cancellation
@_exported public import struct RedCapsBase.ReadBuffer
@_exported public import struct RedCapsBase.StoreError
