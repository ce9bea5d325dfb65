// What every recipe loads: references only, for it is evaluated once for each script that loads it.
#r "../artifacts/bin/Vantage.Kernels.dll"
#r "../artifacts/bin/Vantage.dll"
#r "../artifacts/bin/TorchSharp.dll"
#r "../artifacts/bin/Argu.dll"
