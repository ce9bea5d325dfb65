namespace Vantage

/// Where the pixels of a rotated, shifted, scaled and sheared image come from.
module Affine =
    /// The map from output to input, in pixels from the centre, right and down: a, b, c, d, e, f of (a x + b y + c, d x + e y + f).
    /// The image is sheared, turned by `degrees` counter-clockwise, scaled, then moved by (right, down) pixels. It is
    /// torchvision's _get_inverse_affine_matrix (transforms/functional.py), whose angle counts clockwise.
    let inverse (degrees: float) right down scale (shearX: float) (shearY: float) =
        let radians x = x * System.Math.PI / 180.0
        let turn, sx, sy = radians -degrees, radians shearX, radians shearY
        let a = cos (turn - sy) / cos sy
        let b = -(cos (turn - sy)) * tan sx / cos sy - sin turn
        let c = sin (turn - sy) / cos sy
        let d = -(sin (turn - sy)) * tan sx / cos sy + cos turn
        let p, q, r, s = d / scale, -b / scale, -c / scale, a / scale
        [| p; q; -(p * right + q * down); r; s; -(r * right + s * down) |]
