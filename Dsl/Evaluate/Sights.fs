namespace Vantage

open TorchSharp

/// Pictures of what a representation holds alike.
module Sights =
    let private tile (split: Split) index =
        let image = split.Read index
        Picture.ofBytes image.Channels image.Height image.Width (image.Span.ToArray ())

    let private named (classes: string list) (split: Split) index =
        match split.Labels with
        | Some labels when labels[index] < classes.Length -> classes[labels[index]]
        | _ -> $"image {index}"

    /// The rows of `bank` that are most similar to each row of `queries` by cosine, the nearest first, with their similarity.
    let nearest count (bank: torch.Tensor) (queries: torch.Tensor) =
        if int64 count > bank.shape[0] then
            raise (
                EvaluationException
                    $"{count} neighbours are more than the {bank.shape[0]} images to look among. Ask for fewer."
            )
        use _ = torch.NewDisposeScope ()
        use _ = torch.no_grad ()
        let unit (x: torch.Tensor) = torch.nn.functional.normalize (x, 2.0, 1L)
        let struct (values, places) = (unit queries).mm((unit bank).t()).topk(count, 1)
        let places = places.contiguous().data<int64>().ToArray()
        let values = values.to_type(torch.float32).contiguous().data<float32>().ToArray()
        Array.init (int queries.shape[0]) (fun q ->
            Array.init count (fun k -> int places[q * count + k], float values[q * count + k]))

    /// Rows of a picture: each query and the images that its features are nearest to, named by class; one of another class than the query's is marked.
    let retrieval
        classes
        (asked: Split)
        (from: Split)
        (queries: int array)
        (found: (int * float) array array)
        = [
        for query, neighbours in Array.zip queries found do
            let own = named classes asked query
            {
                Label = ""
                Tiles =
                    (tile asked query |> Picture.withCaption [ own ])
                    :: [
                        for index, similarity in neighbours do
                            let name = named classes from index
                            let mark = if name = own then name else $"≠ {name}"
                            tile from index |> Picture.withCaption [ mark; $"{similarity:F3}" ]
                    ]
            }
    ]

    /// Rows and columns of p places over an image of this size: the whole numbers whose product is p, with the image's aspect; none where there are none.
    let grid places height width =
        [ 1..places ]
        |> List.filter (fun rows -> places % rows = 0)
        |> List.tryFind (fun rows -> rows * width = places / rows * height)
        |> Option.map (fun rows -> rows, places / rows)

    /// Of features n x p x d of places: the number of its cluster for each, by spherical k-means over all places of all images.
    let local seed count (places: torch.Tensor) =
        let n, p = int places.shape[0], int places.shape[1]
        let own = Portrait.clusters seed count (places.flatten (0L, 1L))
        Array.init n (fun i -> own[i * p .. i * p + p - 1])

    // Red, green and blue in [0, 1].
    let private rgb (cluster: int) =
        let hex = System.Convert.ToInt32 (Chart.colour(cluster).Substring 1, 16)
        [| hex >>> 16; hex >>> 8; hex |]
        |> Array.map (fun v -> float32 (v &&& 255) / 255.0f)

    /// An image under the colours of its places' clusters, each place as large as its share of the image.
    let painted (image: Tile) (rows, columns) (clusters: int array) : Tile =
        let area = image.Height * image.Width
        let grey i =
            let sum = Seq.sum (seq { for c in 0 .. image.Channels - 1 -> image.Pixels[c * area + i] })
            sum / float32 image.Channels
        let pixels =
            Array.init (3 * area) (fun i ->
                let channel, at = i / area, i % area
                let row, column =
                    at / image.Width * rows / image.Height, at % image.Width * columns / image.Width
                0.55f * (rgb clusters[row * columns + column])[channel] + 0.45f * grey at)
        { image with Channels = 3; Pixels = pixels; Caption = [] }

    /// Rows of a picture: images, and the same under the clusters of several networks' places, n x p x d each over the same images.
    let localRows seed count (split: Split) (indices: int array) shown (networks: torch.Tensor list) =
        let maps = networks |> List.map (local seed count)
        let sizes =
            networks
            |> List.map (fun places -> grid (int places.shape[1]) split.Height split.Width)
        if sizes |> List.exists Option.isNone then
            None
        else
            Some [
                let tiles = indices |> Array.truncate shown |> Array.map (tile split) |> Array.toList
                { Label = "image"; Tiles = tiles }
                for name, map, size in List.zip3 [ "trained"; "random" ] maps (List.map Option.get sizes) do
                    { Label = name; Tiles = tiles |> List.mapi (fun i image -> painted image size map[i]) }
            ]

    let private perplexity count = min Plane.settings.Perplexity (float (count - 1) / 3.0)

    /// The plane of features h of labelled images, by principal components and by t-SNE.
    let planes classes (labels: int array) (h: torch.Tensor) = [
        let draw file title y = {
            File = file
            Caption = title
            Png = Scatter.points title classes (Plane.points y) labels
        }
        draw "plane-pca.png" $"Features of {labels.Length} images, two principal components" (Plane.pca h)
        let settings = { Plane.settings with Perplexity = perplexity labels.Length }
        draw "plane-tsne.png" $"Features of {labels.Length} images, t-SNE" (Plane.tsne settings h)
    ]

    // Small images are enlarged.
    let private scale (split: Split) = max 1 (80 / split.Width)

    /// Images of a picture.
    let shown = 8

    /// Points of a plane.
    let plotted = 1000

    /// All pictures of images that were looked at: those nearest to each other, local features, planes.
    let all
        (steps: Steps)
        (it: Finished)
        (looking: Split)
        (chosen: int array)
        (labels: int array option)
        trained
        random
        =
        let classes, seed = it.Data.Classes, it.Recipe.Seed
        let cosines = Anatomy.part "h" trained
        [
            if chosen.Length > shown then
                steps.Do (
                    "nearest images",
                    fun () ->
                        let queries = cosines.narrow (0L, 0L, int64 shown)
                        let bank = cosines.narrow (0L, int64 shown, cosines.shape[0] - int64 shown)
                        let among = Array.skip shown chosen
                        let found =
                            nearest (min 8 among.Length) bank queries
                            |> Array.map (Array.map (fun (at, similarity) -> among[at], similarity))
                        let rows = retrieval classes looking looking (Array.truncate shown chosen) found
                        let columns = "query" :: [ for k in 1 .. rows.Head.Tiles.Length - 1 -> string k ]
                        {
                            File = "nearest.png"
                            Caption =
                                $"Images and those of {among.Length} others whose features are nearest by cosine, with the cosine; ≠ marks another class"
                            Png = Picture.grid (scale looking) columns rows
                        }
                )
            match trained.Places, random.Places with
            | Some own, Some other ->
                let part (places: torch.Tensor) = places.narrow (0L, 0L, min 500L places.shape[0])
                let found =
                    steps.Do (
                        "local features",
                        fun () -> localRows seed 6 looking chosen shown [ part own; part other ]
                    )
                match found with
                | Some rows -> {
                    File = "local.png"
                    Caption =
                        "Places of the middle layer's map in six clusters (k-means over 500 images), a colour each, over the image; of the trained network and of the random one"
                    Png = Picture.grid (scale looking) [] rows
                  }
                | None -> steps.Absent "Local features: the encoder's places are no grid over the image."
            | _ -> steps.Absent "Local features: the encoder has several towers, each with places of its own."
            match labels with
            | Some labels when chosen.Length > 3 ->
                let count = min plotted (chosen.Length)
                yield!
                    steps.Do (
                        "features in the plane",
                        fun () ->
                            planes
                                classes
                                (Array.truncate count labels)
                                (cosines.narrow (0L, 0L, int64 count))
                    )
            | _ -> steps.Absent "Planes: the images have no labels to colour them by."
        ]
