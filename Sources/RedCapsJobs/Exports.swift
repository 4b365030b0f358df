// What the API of this module hands out or takes from the ground floor, which is no product; the
// rest of that stays unseen.
@_exported public import enum RedCapsBase.JobEvent
@_exported public import protocol RedCapsBase.Job
@_exported public import class RedCapsBase.Cancellation
@_exported public import enum RedCapsBase.ProcessMemory
@_exported public import struct RedCapsBase.Share
@_exported public import struct RedCapsBase.StoreError
