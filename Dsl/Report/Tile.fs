namespace Vantage

open SkiaSharp

/// One image of a picture: channels x height x width values in [0, 1], planar, and the lines of text under it.
type Tile = {
    /// 1 for grey, 3 for red, green, blue.
    Channels: int
    /// Rows.
    Height: int
    /// Columns.
    Width: int
    /// channels x height x width values in [0, 1], channel by channel, row by row.
    Pixels: float32[]
    /// Lines of text drawn under the image, such as the parameters drawn for a view; none: no text.
    Caption: string list
}

/// One row of a picture.
type TileRow = {
    /// Text at the left, "" for none.
    Label: string
    /// The images, from left to right.
    Tiles: Tile list
}

/// Where everything of a picture lies, in pixels of the PNG.
type PictureLayout = {
    /// Width of the PNG.
    Width: int
    /// Height of the PNG.
    Height: int
    /// For each row and tile, the rectangle that holds exactly the scaled image.
    Images: SKRectI list list
    /// For each row and tile, the rectangle its caption is drawn in, empty where there is no caption.
    Captions: SKRectI list list
    /// For each column, the rectangle of its label.
    ColumnLabels: SKRectI list
    /// For each row, the rectangle of its label.
    RowLabels: SKRectI list
}
