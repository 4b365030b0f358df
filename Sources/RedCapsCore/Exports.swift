// With MemberImportVisibility, a program that imports only RedCapsCore couldn't see the members of
// types of other modules that Core's own API takes and hands out. They are re-exported by name, so that
// a program doesn't meet everything below: what isn't here is a module's own business, and is had with
// an import of that. `Scripts/check-names` counts what is visible.

// What loading throws, and how it is called off.
@_exported public import class RedCapsBase.Cancellation
@_exported public import struct RedCapsBase.StoreError

// What configurations are decoded from.
@_exported public import enum RedCapsBase.JSONValue

// A store of one's own.
@_exported public import protocol RedCapsTar.FileStore
@_exported public import struct RedCapsBase.ReadBuffer
@_exported public import struct RedCapsTar.FileLocation

// How files become pixels.
@_exported public import enum RedCapsImage.ImageDecoding
@_exported public import enum RedCapsImage.PixelLayout
@_exported public import enum RedCapsImage.PixelType
@_exported public import enum RedCapsImage.SquareCrop
@_exported public import struct RedCapsImage.ImageLimits
@_exported public import struct RedCapsImage.ImageOptions
@_exported public import struct RedCapsImage.PixelFormat

// Images of any shape, a decoder of one's own, contact sheets, and where a sample's square lay.
@_exported public import class RedCapsImage.ImageReader
@_exported public import struct RedCapsImage.ClosureImageDecoder
@_exported public import struct RedCapsImage.ImageError
@_exported public import struct RedCapsImage.PixelBuffer
@_exported public import struct RedCapsImage.PixelRegion

// Tokenizers, and one of one's own.
@_exported public import protocol RedCapsTokenizers.CaptionTokenizer
@_exported public import struct RedCapsTokenizers.ByteTokenizer
@_exported public import struct RedCapsTokenizers.ClosureTokenizer

// The loader: its options, its order, its failures, its state and its figures. Samplers are made with
// static members of `Sampler`.
@_exported public import enum RedCapsLoading.LoadingStage
@_exported public import protocol RedCapsLoading.BatchCursor
@_exported public import protocol RedCapsLoading.PureSampler
@_exported public import protocol RedCapsLoading.Sampler
@_exported public import struct RedCapsLoading.BatchedSamples
@_exported public import struct RedCapsLoading.DataLoader
@_exported public import struct RedCapsLoading.DatasetLayout
@_exported public import struct RedCapsLoading.FailureBudget
@_exported public import struct RedCapsLoading.FailurePolicy
@_exported public import struct RedCapsLoading.LoaderOptions
@_exported public import struct RedCapsLoading.LoaderStatistics
@_exported public import struct RedCapsLoading.ResumePoint
@_exported public import struct RedCapsLoading.SampleFailure

// A data set of one's own.
@_exported public import class RedCapsLoading.LoadingProbe
@_exported public import protocol RedCapsLoading.Dataset
@_exported public import protocol RedCapsLoading.SampleDraws
@_exported public import struct RedCapsLoading.BatchContext
@_exported public import struct RedCapsLoading.BatchPositions
@_exported public import struct RedCapsLoading.PlannedBatch
@_exported public import struct RedCapsLoading.LoadedSample
