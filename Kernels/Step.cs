namespace Vantage.Kernels;

/// <summary>
/// What a step of a view does to an image whose values lie in [0, 1]; the result lies there too. Unless it says otherwise a step works on
/// any number of channels and keeps channels and size. "Rounded to bytes" means floor(255.999 x), torchvision's conversion to uint8.
/// </summary>
public enum Operation
{
    /// <summary>Nothing: what a closed gate writes.</summary>
    None = 0,

    /// <summary>
    /// Cut out rows A..A+C and columns B..B+D (top, left, height, width; whole pixels) and resize to E x F (0: the view's size) by
    /// the <see cref="Filter"/> G. A resize is a crop of the whole image. Bicubic results are clamped to [0, 1].
    /// </summary>
    Crop,

    /// <summary>Mirror left and right.</summary>
    FlipHorizontal,

    /// <summary>x * A, clamped to [0, 1]; 1 leaves the image as it is.</summary>
    Brightness,

    /// <summary>A x + (1 - A) m, clamped, m the mean of the image's grey (of 1 channel: its own mean); 1 leaves the image as it is. 1 or 3 channels.</summary>
    Contrast,

    /// <summary>A x + (1 - A) grey(x), clamped, pixel by pixel; 1 leaves the image as it is. 1 or 3 channels.</summary>
    Saturation,

    /// <summary>Turns the hue (HSV) by A of a full turn; 0 leaves the image as it is, and so does every whole number. 1 or 3 channels.</summary>
    Hue,

    /// <summary>0.2989 R + 0.587 G + 0.114 B in every channel: torchvision's weights, which sum to 0.9999. 1 or 3 channels.</summary>
    Grayscale,

    /// <summary>Gaussian of standard deviation A pixels over a square of B x B taps (B odd), edges reflected; sigma 0 leaves the image as it is.</summary>
    Blur,

    /// <summary>Mirror top and bottom.</summary>
    FlipVertical,

    /// <summary>Turn by A quarter turns (a whole number) counter-clockwise; odd ones swap height and width.</summary>
    Rotate90,

    /// <summary>
    /// Bilinear resampling: the output pixel at (x, y) from the image's centre, in pixels, right and down, looks at
    /// (A x + B y + C, D x + E y + F); what lies outside the image counts as the value G. Size and channels stay.
    /// </summary>
    Affine,

    /// <summary>x + A, clamped to [0, 1]: the additive brightness of SimCLR's first version and of BYOL.</summary>
    Add,

    /// <summary>A x + (1 - A) m, clamped, m the mean of each channel of the image: TensorFlow's contrast.</summary>
    ContrastByChannel,

    /// <summary>1 - x where x >= A, else x.</summary>
    Solarize,

    /// <summary>Rounded to bytes, of which the A highest bits stay (1 to 8), over 255.</summary>
    Posterize,

    /// <summary>1 - x.</summary>
    Invert,

    /// <summary>
    /// (x - min) / (max - min) by the smallest and largest value of each channel of the image; a channel whose range is under half a byte's step, 1 / 510, stays:
    /// stretching it would show nothing but rounding.
    /// </summary>
    AutoContrast,

    /// <summary>
    /// Histogram equalization of each channel rounded to bytes, over 255. With h the histogram, n the pixels not of the largest value present,
    /// s = floor(n / 255): byte k becomes min(255, floor((sum of h below k + floor(s / 2)) / s)), 0 becomes 0; where s = 0 the bytes stay.
    /// </summary>
    Equalize,

    /// <summary>
    /// A x + (1 - A) smooth(x), clamped, smooth the 3 x 3 mean of weights 1 with a centre of 5 (over 13); the outermost pixels stay, and so does
    /// an image less than 3 pixels high or wide. 1 leaves the image as it is.
    /// </summary>
    Sharpness,

    /// <summary>
    /// A times the length of the gradient of the grey (of 1 channel: the image) by the 3 x 3 Sobel kernels (weights 1, 2, 1), edges repeated, clamped to
    /// [0, 1], in every channel. A = 1 / (4 sqrt 2) reaches 1 only for the steepest edge there is. 1 or 3 channels.
    /// </summary>
    Sobel,

    /// <summary>
    /// Three box blurs along the rows, then three along the columns, edges repeated: Pillow's GaussianBlur of radius A, without its rounding to bytes
    /// between passes. With s = A^2 / 3, l = floor((sqrt(12 s + 1) - 1) / 2), r = l + (2l + 1)(l(l + 1) - 3s) / (6 (s - (l + 1)^2)), a pass weighs
    /// the nearest 2l + 1 pixels by 1 / (2r + 1) and the next one on each side by half of what is missing to 1. A = 0 leaves the image as it is.
    /// </summary>
    BoxBlur,

    /// <summary>
    /// x + A z, clamped, z a standard normal number for each value of the image, made from the key (B, C), two whole numbers in [0, 2^24), and the value's
    /// number i = (c H + y) W + x: see <see cref="Reference.Noise"/>.
    /// </summary>
    Noise,

    /// <summary>Rows A..A+C and columns B..B+D become the value E in every channel; the box may be empty or reach over the edge, where it is cut.</summary>
    Erase,

    /// <summary>
    /// Of the grid of patches of A x A pixels (row by row; sizes that A does not divide end in smaller patches), patch B + 24 w + k becomes 0 where bit k of word w is
    /// set; words C, D, E, F are whole numbers in [0, 2^24). One step covers 96 patches.
    /// </summary>
    Mask,

    /// <summary>New channel c is the old channel A, B, C for c = 0, 1, 2; -1 gives zeros. 3 channels: drops and shuffles.</summary>
    Channels,

    /// <summary>
    /// RGB to CIE Lab (sRGB, D65), each channel by its range over the sRGB cube to [0, 1]: L / 100, (a + 86.183) / 184.416, (b + 107.857) / 202.335.
    /// 3 channels.
    /// </summary>
    Lab,

    /// <summary>Keeps the B channels from channel A on: the view has B channels.</summary>
    Select,

    /// <summary>
    /// Writes rows A..A+C and columns B..B+D of the image, as it is then, as tile E of the view; the box has the view's size, and the image stays. A
    /// view of T tiles needs the tiles 0 .. T - 1, each once, and no other step after the first: jigsaws and patch grids.
    /// </summary>
    Tile,
}

/// <summary>How a crop resamples, as PyTorch's <c>interpolate(align_corners=False)</c> does.</summary>
public enum Filter
{
    /// <summary>Bilinear; the triangle grows when shrinking (antialias).</summary>
    Bilinear = 0,

    /// <summary>Bilinear between the nearest pixels, whatever the scale.</summary>
    BilinearPlain,

    /// <summary>Cubic of a = -0.5, which grows when shrinking; weights beyond the box are left out and the others divided by their sum.</summary>
    Bicubic,

    /// <summary>Cubic of a = -0.75 between the nearest pixels, whatever the scale; the edge pixels are repeated.</summary>
    BicubicPlain,
}

/// <summary>One step of one view of one image: an operation with its values. Kernels receive values, never generators.</summary>
/// <param name="Operation">What to do.</param>
/// <param name="A">First value; see the operation.</param>
/// <param name="B">Second value.</param>
/// <param name="C">Third value.</param>
/// <param name="D">Fourth value.</param>
/// <param name="E">Fifth value.</param>
/// <param name="F">Sixth value.</param>
/// <param name="G">Seventh value.</param>
public readonly record struct Step(Operation Operation, float A, float B, float C, float D, float E, float F, float G)
{
    /// <summary>A step of at most four values.</summary>
    public Step(Operation operation, float a, float b, float c, float d)
        : this(operation, a, b, c, d, 0, 0, 0)
    {
    }
}
