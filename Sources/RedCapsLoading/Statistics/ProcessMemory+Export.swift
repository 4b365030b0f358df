// Programs that load want it, and see nothing else of the module that it lives in.
@_exported public import enum RedCapsBase.ProcessMemory
